"""The task list of the season: greening as the plots have it, and four other kinds of work in the villages.

A *family* is a kind of place to be greened (along railways, roads, rivers; in villages); a zone has a task for each
family with enough plots. Targets stand in the units offices use: 亩, 公里, 户, 处.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recipe import places

START = pd.Timestamp("2019-11-18")
FAMILIES = {
    "郑西高铁": "铁路沿线绿化",
    "陇海线": "铁路沿线绿化",
    "十八里河": "河道两侧绿化",
    "七里河": "河道两侧绿化",
    "村庄": "村庄绿化",
    "片林": "村庄绿化",
}
_ROADSIDE = "道路沿线绿化"
_FEWEST_PLOTS = 5
_SEASON = ("planned", "under_way", "planted", "accepted")


@dataclass(frozen=True)
class Work:
    """A kind of work that is no greening: its unit, what a village's households ask of it, and what a unit costs."""

    category: str
    title: str
    unit: str
    per_household: float
    cost: float
    lead_unit: str
    odds: float


WORKS = (
    Work("道路硬化", "村内道路硬化", "公里", 0.0032, 62.0, "区交通局", 0.6),
    Work("户厕改造", "无害化卫生厕所改造", "户", 0.42, 0.22, "区农委", 0.5),
    Work("环境卫生", "积存垃圾点清理", "处", 0.03, 1.6, "区城管局", 0.4),
    Work("消棚去危", "临时棚房和危房拆除", "处", 0.02, 3.5, "区住建局", 0.35),
)
_GREENING_COST = 1.15  # 10 000 yuan a 亩, invented as all figures here


def family_of(group: str) -> str:
    """Return the family of a plot's group."""
    return FAMILIES.get(group, _ROADSIDE)


def make_tasks(plots: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Series]:
    """Return the tasks, sorted by township and zone, and the task of each plot (missing for older plots)."""
    zones = sorted(plots["zone"].unique(), key=lambda zone: (places.township_of(zone) != places.SHIBALIHE, zone))
    season = plots[plots["status"].isin(_SEASON)]
    rows: list[dict[str, object]] = []
    task_of = pd.Series(None, index=plots.index, dtype=object)
    for zone in zones:
        for family, members in _families(season[season["zone"] == zone]):
            name = f"T{len(rows) + 1:03}"
            task_of.loc[members.index] = name
            rows.append(_greening(name, zone, family, float(members["area_mu"].sum()), rng))
        households = sum(village.households for village in places.VILLAGES if village.zone == zone)
        for work in WORKS:
            if households and rng.random() < work.odds:
                rows.append(_other(f"T{len(rows) + 1:03}", zone, work, households, rng))
    tasks = pd.DataFrame(rows).set_index("task")
    return tasks, task_of


def _families(season: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return a zone's plots by family; families of few plots join the largest."""
    counts = season["family"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if counts.empty:
        return []
    kept = [family for family, count in counts.items() if count >= _FEWEST_PLOTS] or [counts.index[0]]
    joined = season["family"].where(season["family"].isin(kept), kept[0])
    return [(str(family), season[joined == family]) for family in kept]


def _greening(name: str, zone: str, family: str, area_mu: float, rng: np.random.Generator) -> dict[str, object]:
    target = max(5.0, round(area_mu * rng.uniform(0.92, 1.08) / 5) * 5.0)
    due = str(rng.choice(["2020-03-31", "2020-04-10", "2020-04-30", "2020-12-31"], p=[0.2, 0.3, 0.25, 0.25]))
    return _row(name, zone, f"{zone}{family}", "绿化", "亩", target, target * _GREENING_COST, "区园林局", due)


def _other(name: str, zone: str, work: Work, households: int, rng: np.random.Generator) -> dict[str, object]:
    amount = households * work.per_household * rng.uniform(0.6, 1.3)
    target = round(amount, 1) if work.unit == "公里" else float(max(3, round(amount)))
    due = str(rng.choice(["2020-01-20", "2020-03-31", "2020-06-30"], p=[0.15, 0.35, 0.5]))
    title = f"{zone}{work.title}"
    return _row(name, zone, title, work.category, work.unit, target, target * work.cost, work.lead_unit, due)


def _row(  # noqa: PLR0913, PLR0917 - a row has that many cells
    name: str, zone: str, title: str, category: str, unit: str, target: float, cost: float, lead: str, due: str
) -> dict[str, object]:
    township = places.township_of(zone)
    return {
        "task": name,
        "title": title,
        "township": township,
        "zone": zone,
        "category": category,
        "unit": unit,
        "target": target,
        "weight": round(cost, 1),
        "start": START,
        "due": pd.Timestamp(due),
        "lead_unit": lead,
        "local_unit": places.OFFICES[township],
        "pilot": zone in places.PILOTS,
    }
