"""Figures about the sample, computed from its layers, and the lists of them in the READMEs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely

from recipe.district import District
from recipe.states import M2_PER_MU

BEGIN, END = "<!-- facts -->", "<!-- /facts -->"
_OVERSTATED = 1.1  # reported area over drawn area
_LEAST_OVERLAP_M2 = 1.0
_WORDS = {
    "zones": ("improvement zones", "整治片区（个）"),
    "district_km2": ("area of all zones, km² (plane, EPSG:4547)", "片区总面积（km²，EPSG:4547 平面）"),
    "villages": ("villages", "村庄（个）"),
    "roads": ("road sections", "道路（段）"),
    "tracks": ("railway track sections", "铁路线段（段）"),
    "plots": ("greening plots", "绿化地块（块）"),
    "planned": ("… planned", "……计划"),
    "under_way": ("… under way", "……在建"),
    "planted": ("… planted", "……已栽植"),
    "accepted": ("… accepted", "……已验收"),
    "kept": ("… kept", "……已保存"),
    "lost": ("… lost", "……灭失"),
    "border_plots": ("plots in more than one zone", "跨片区的地块（块）"),
    "overlap_pairs": ("pairs of plots that overlap by more than 1 m²", "相互重叠超过 1 m² 的地块（对）"),
    "doubled": ("… of them plots entered twice", "……其中重复填报的地块（块）"),
    "overstated": ("plots reported over 10 % larger than drawn", "上报面积超出图形 10 % 以上的地块（块）"),
    "hollow": (
        "plots reported as planted that stay bare in the 2020 image",
        "报称已栽植、2020 年影像上仍为裸地的地块（块）",
    ),
    "low_survival": ("season's plots accepted at a survival below 85 %", "本季成活率不足 85 % 仍通过验收的地块（块）"),
    "tasks": ("tasks", "任务（项）"),
    "reports": ("rows of weekly reports", "周报记录（条）"),
    "corrections": ("… corrections", "……更正"),
    "voids": ("… voids", "……作废"),
    "late": ("… sent more than a day after their date", "……迟报一天以上"),
    "findings": ("findings of inspections", "督导发现的问题（个）"),
    "findings_closed": ("… closed", "……已销号"),
}


def facts_of(district: District) -> dict[str, float]:
    """Return the figures by name."""
    plots, log = district.plots, district.reports
    status = plots["status"].value_counts()
    one, other = shapely.STRtree(plots.geometry.to_numpy()).query(plots.geometry.to_numpy(), predicate="intersects")
    pairs = one < other
    shapes = plots.geometry.to_numpy()
    shared = shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]]))
    zone, plot = shapely.STRtree(shapes).query(district.zones.geometry.to_numpy(), predicate="intersects")
    inside = shapely.area(shapely.intersection(district.zones.geometry.to_numpy()[zone], shapes[plot]))
    touched = np.bincount(plot[inside > _LEAST_OVERLAP_M2], minlength=len(plots))
    return {
        "zones": len(district.zones),
        "district_km2": round(float(district.zones.area.sum()) / 1e6, 2),
        "villages": len(district.villages),
        "roads": len(district.roads),
        "tracks": len(district.rail),
        "plots": len(plots),
        **{name: int(status[name]) for name in ("planned", "under_way", "planted", "accepted", "kept", "lost")},
        "border_plots": int((touched > 1).sum()),
        "overlap_pairs": int((shared > _LEAST_OVERLAP_M2).sum()),
        "doubled": int(plots["doubled"].sum()),
        "overstated": int((plots["claimed_mu"] * M2_PER_MU > _OVERSTATED * plots.area).sum()),
        "hollow": int(plots["hollow"].sum()),
        "low_survival": int((plots["survival_share"] < 0.85).sum()),
        "tasks": len(district.tasks),
        "reports": len(log),
        "corrections": int((log["corrects"].notna() & (log["kind"] == "report")).sum()),
        "voids": int((log["kind"] == "void").sum()),
        "late": int(((log["recorded_at"].dt.normalize() - log["date"]).dt.days > 1).sum()),
        "findings": len(district.findings),
        "findings_closed": int(district.findings["closed_on"].notna().sum()),
    }


def write_readmes(facts: Mapping[str, float], folder: Path) -> None:
    """Put the figures between the marks of both READMEs."""
    for at, name in enumerate(("README.md", "README.zh.md")):
        path = folder / name
        head, rest = path.read_text(encoding="utf-8").split(BEGIN)
        tail = rest.split(END)[1]
        lines = "\n".join(f"| {_WORDS[key][at]} | {value:g} |" for key, value in facts.items())
        titles = ("| figure | value |", "| 项目 | 数值 |")[at]
        body = f"{head}{BEGIN}\n{titles}\n|---|---:|\n{lines}\n{END}{tail}"
        path.write_text(body, encoding="utf-8", newline="\n")
