"""A study: the layers of one programme in one metric coordinate system, and the words that go with them.

A `Study` is a frozen value that passes its layers on to the measures and computes nothing itself. The *latest day* of a
study is its stated date, else the latest day on which its data say that something was done; figures default to it.
"""

from __future__ import annotations

import html
import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from fringe.audit.doctor import examine
from fringe.audit.entries import implausible
from fringe.errors import FringeWarning, LayerError, StudyError
from fringe.io.files import same_file
from fringe.io.manifest import RasterSource
from fringe.io.opening import Opened, from_layers, open_study
from fringe.io.store import save_study
from fringe.measure.coverage import coverage
from fringe.measure.zonal import zonal
from fringe.model import words
from fringe.model.layers import GEO_KINDS, LAYERS, LEDGER_KINDS
from fringe.model.problem import Problem, errors_of, table
from fringe.model.states import as_day, as_days
from fringe.model.stored import spared, spared_rows
from fringe.reports.figures import zone_figures
from fringe.reports.indicators import zone_indicators
from fringe.study_ledger import Ledger
from fringe.works import finding_log
from fringe.works.curve import s_curve
from fringe.works.findings import findings_state
from fringe.works.forecast import forecast
from fringe.works.ledger import effective
from fringe.works.progress import progress
from fringe.works.standing import task_state

if TYPE_CHECKING:
    from fringe.maps import Map
    from fringe.maps.compare import Mode

# Dates of things done; a plan's dates lie ahead of the data.
_DONE_DATES = {
    "plots": ("started_on", "planted_on", "accepted_on", "kept_on", "lost_on"),
    "reports": ("date",),
    "findings": ("found_on", "rectified_on", "returned_on", "verified_on", "closed_on"),
}
_PLOT_DATES = ("planned_on", *_DONE_DATES["plots"])


@dataclass(frozen=True, repr=False, eq=False)
class Study(Ledger):
    """The layers of one programme; made by `Study.open`.

    Parameters
    ----------
    layers
        By kind: ``"zones"``, ``"plots"``, …, all with shapes in one metric coordinate system.
    meta
        Words: `title`, `lang`, `date`, `crs`, `review_no`, `attribution`, `organisation`.
    problems
        Found while opening.
    store
        The GeoPackage that takes new reports: the study's own file, or the one its `study.toml` names.
    rasters
        By the name they have in its `study.toml`; each stands for its path and has a `date`. A GeoPackage holds none.
    store_apart
        Whether the store holds only what was recorded, beside the files that `study.toml` names.

    Examples
    --------
    >>> import fringe as fr
    >>> study = fr.Study.open(fr.sample())
    >>> study.coverage()["covered_share"].between(0, 1).all()
    np.True_
    """

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Study:
        """Return a study from its ``study.toml`` (or the folder it is in), or from a GeoPackage written by `save`.

        Rows that are wrong do not keep it from opening: they are listed by `check`, and measures of their layer refuse.

        Raises
        ------
        StudyError
            With everything that is missing: files, layers, coordinate systems.
        """
        return _study(open_study(path))

    @classmethod
    def from_layers(cls, layers: Mapping[str, Any], **meta: str) -> Study:
        """Return a study of frames, such as `fringe.read_osm` gives; `meta` are words such as ``title=…``."""
        return _study(from_layers({kind: layers[kind] for kind in layers if kind in LAYERS}, meta))

    @property
    def latest_day(self) -> pd.Timestamp | None:
        """The stated date, else the latest day on which something was done; `None` without any date."""
        return as_day(self.meta["date"], "study") if "date" in self.meta else _latest(self._sound_log())

    def check(self, lang: str | None = None) -> pd.DataFrame:
        """Return all problems: columns `layer`, `row`, `severity`, `code`, `message`, `remedy`."""
        return table(self.all_problems(), lang or self.lang)

    def all_problems(self) -> list[Problem]:
        """Return the problems found while opening, and those between layers."""
        return [*self.problems, *self._between()]

    def coverage(self, on: object = None, **options: Any) -> pd.DataFrame:
        """Return the zones' coverage on a day, or each of several; see `fringe.coverage`, which takes the same."""
        self._demand("zones", "plots")
        days = as_days(on, "study")
        return coverage(self.plots, self.zones, on=self._plots_day(on, say=True) if days is None else days, **options)

    def progress(self, on: object = None, by: str = "zone", **options: Any) -> pd.DataFrame:
        """Return the works' progress on a day; see `fringe.progress`, which takes the same options."""
        self._demand("zones", "tasks", "reports")
        return progress(self.tasks, self._counted, on=self._day(on, say=True), by=by, zones=self.zones, **options)

    def task_state(self, on: object = None, **options: Any) -> pd.DataFrame:
        """Return where each task stands on a day; see `fringe.task_state`, which takes the same options."""
        self._demand("tasks", "reports")
        return task_state(self.tasks, self._counted, on=self._day(on, say=True), **options)

    def implausible(self, on: object = None, **options: Any) -> pd.DataFrame:
        """Return reports that can hardly be true; see `fringe.implausible`, which takes the same options."""
        self._demand("tasks", "reports")
        return implausible(self.tasks, self._counted, on=self._day(on, say=True), **{"lang": self.lang, **options})

    def s_curve(self, **options: Any) -> pd.DataFrame:
        """Return plan and progress period by period; see `fringe.s_curve`, which takes the same options."""
        self._demand("tasks", "reports")
        return s_curve(self.tasks, self._counted, **options)

    def forecast(self, on: object = None, by: str = "zone", **options: Any) -> pd.DataFrame:
        """Return when the works will be done, with a range; see `fringe.forecast`, which takes the same options."""
        self._demand("zones", "tasks", "reports")
        return forecast(self.tasks, self._counted, on=self._day(on, say=True), by=by, zones=self.zones, **options)

    def findings_state(self, on: object = None, **options: Any) -> pd.DataFrame:
        """Return what each finding is on a day; see `fringe.findings_state`, which takes the same options."""
        self._demand("findings")
        return findings_state(self.findings, on=self._day(on, say=True), **options)

    def indicators(self, names: Iterable[str] | None = None, on: object = None) -> pd.DataFrame:
        """Return indicators of the zones by name, see `fringe.indicators`; `None`: all that its data allow."""
        self._demand("zones")
        data = {**self.rasters, **self._sound(between=True)}
        return zone_indicators(data, names, on=self._day(on, say=True), plots_on=self._plots_day(on))

    def zonal(self, name: str, **options: Any) -> pd.DataFrame:
        """Return statistics of one of `rasters` in the zones; see `fringe.zonal`, which takes the same options."""
        self._demand("zones")
        return zonal(_raster(self.rasters, name), self.zones, **options)

    def figures(self, on: object = None, *, per: str | None = None, total: bool = False) -> pd.DataFrame:
        """Return coverage, lengths and progress of the zones in one table; `total` adds a measured row for all.

        Zones and plots must be free of errors; another layer with errors is left out of the table, with a warning.
        """
        self._day(on, say=True)
        return self._figures(on, per=per, total=total)

    def map(
        self,
        on: object = None,
        shade: str = "covered_share",
        *,
        every: object = None,
        before: object = None,
        mode: Mode = "swipe",
        lang: str | None = None,
        **page: Any,
    ) -> Map:
        """Return the meeting map: zones shaded by a column of `figures`, with all other layers.

        `every`, days or a frequency such as ``"W"``, gives it a slider; `before`, a day, a second state to compare
        with in a `mode` of `fringe.Map.compare`. What else `fringe.Map` takes, such as `audience`, is passed on.
        """
        from fringe.reports.sheet import comparison_map, meeting_map

        layers, told = self._sound(between=True), {"shade": shade, "lang": lang or self.lang, **page}
        if before is None:
            told |= {"on": self._day(on), "plots_on": self._plots_day(on), "every": every}
            return meeting_map(layers, self._figures(on), self.meta, **told)
        then, now = ((self._figures(day), self._day(day), self._plots_day(day)) for day in (before, on))
        return comparison_map(layers, (then, now), self.meta, mode=mode, **told)

    def replace(self, **layers: Any) -> Study:
        """Return the study with layers replaced, such as ``plots=…``; they are conformed and converted."""
        return _replaced(self, layers)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the study to one GeoPackage; never over reports it does not hold.

        A study with errors is refused: values that could not be read would be missing in the file without a word.
        """
        if wrong := errors_of(self.problems):
            raise StudyError([*wrong, Problem("not_saved", "study", params={"path": str(path)})])
        if self.store_apart and self.store is not None and same_file(self.store, Path(path)):
            raise StudyError(Problem("study_over_store", Path(path).name, params={"path": str(path)}))
        save_study(path, self.layers, self.meta, overwrite=overwrite)

    def _demand(self, *kinds: str) -> None:
        """Refuse if a layer is missing or has errors."""
        missing = [Problem("layer_not_in_study", kind) for kind in kinds if kind not in self.layers]
        wrong = [found for found in errors_of(self.problems) if found.layer in kinds]
        if missing or wrong:
            raise LayerError([*missing, *wrong])
        for found in self.problems:
            # Shapes were mended when the study was opened; who computes with them should hear of it.
            said = found.severity in {"warning", "repaired"} and found.code.startswith(("geometry_", "stored_"))
            if said and found.layer in kinds:
                warnings.warn(found.render(self.lang), FringeWarning, stacklevel=3)

    def _figures(self, on: object, *, per: str | None = None, total: bool = False) -> pd.DataFrame:
        self._demand(*(kind for kind in ("zones", "plots") if kind in self.layers or kind == "zones"))
        sound = self._sound(between=True)
        for found in (found for found in self.problems if found.code.startswith("stored_") and "reports" in sound):
            warnings.warn(found.render(self.lang), FringeWarning, stacklevel=3)
        for kind in (self.layers.keys() - sound.keys()) & {"roads", "rail", "tasks", "reports"}:
            warnings.warn(Problem("layer_left_out", kind).render(self.lang), FringeWarning, stacklevel=3)
        return zone_figures(sound, on=self._day(on), plots_on=self._plots_day(on), per=per, total=total)

    def _between(self) -> list[Problem]:
        """Return the problems between the layers that have none of their own."""
        return examine(self._sound(), on=self.latest_day, plots_on=self._plots_day(None))

    def _sound(self, *, between: bool = False) -> dict[str, Any]:
        """Return the layers without errors: the others cannot be held against anything."""
        found = [*self.problems, *(self._between() if between else ())]
        unsound = {problem.layer for problem in errors_of(found)}
        # A ledger is one thing: reports without their tasks say nothing.
        unsound |= set(LEDGER_KINDS) if unsound & set(LEDGER_KINDS) else set()
        layers = {**self.layers, **({"reports": self._counted} if "reports" in self.layers else {})}
        return {kind: layer for kind, layer in layers.items() if kind not in unsound}

    def _sound_log(self) -> dict[str, Any]:
        """Return the layers with what stands of reports and findings; a log with errors as it is."""
        unsound = {found.layer for found in errors_of(self.problems)}
        layers = dict(self.layers)
        if len(layers.get("reports", ())) and "reports" not in unsound:
            layers["reports"] = effective(self._counted)
        if len(layers.get("findings", ())) and "findings" not in unsound:
            log, wrong = finding_log.opened(layers["findings"])
            layers["findings"] = log if errors_of(wrong) else finding_log.standing(log)
        return layers

    def _day(self, on: object, *, say: bool = False) -> pd.Timestamp | None:
        if on is not None:
            return as_day(on, "study")
        day = self.latest_day
        if day is not None and say:
            sys.stderr.write(words.text("cli.on_day", self.lang, day=day.date()) + "\n")
        return day

    def _plots_day(self, on: object, *, say: bool = False) -> pd.Timestamp | None:
        """Return the day for plots; without any dates their status counts as it stands."""
        plots = self.layers.get("plots")
        dated = plots is not None and any(plots[name].notna().any() for name in _PLOT_DATES if name in plots.columns)
        return self._day(on, say=say) if dated or on is not None else None

    def _lines(self) -> list[tuple[str, str, str, str, str]]:
        """Return what `repr` shows of each layer: kind, rows, geometry, CRS, problems."""
        return [_line(kind, self.layers[kind], self.problems, self.lang) for kind in LAYERS if kind in self.layers]

    def __repr__(self) -> str:
        head = f"Study: {self.meta.get('title', '')}"
        return "\n".join([head, *("  " + "  ".join(part for part in line if part) for line in self._lines())])

    def _repr_html_(self) -> str:
        heads = [
            words.text(f"cli.study_{name}", self.lang) for name in ("layer", "rows", "geometry", "crs", "problems")
        ]
        rows = [f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>" for line in self._lines()]
        top = "".join(f"<th>{head}</th>" for head in heads)
        title = html.escape(self.meta.get("title", ""))
        return f"<b>{title}</b><table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _study(opened: Opened) -> Study:
    layers, meta = MappingProxyType(opened.layers), MappingProxyType(opened.meta)
    return Study(layers, meta, tuple(opened.problems), opened.store, opened.rasters, opened.store_apart)


def _raster(rasters: Mapping[str, RasterSource], name: str) -> RasterSource:
    if name not in rasters:
        near = get_close_matches(name, rasters, n=1)
        params = {"value": name, "present": ", ".join(rasters) or "–", "hint": "".join(near)}
        raise StudyError(Problem("raster_not_in_study", "study", params=params))
    return rasters[name]


def _latest(layers: Mapping[str, Any]) -> pd.Timestamp | None:
    days = [
        _told(layers[kind], kind)[name].max()
        for kind, names in _DONE_DATES.items()
        if kind in layers
        for name in names
        if name in layers[kind].columns and pd.api.types.is_datetime64_any_dtype(layers[kind][name])
    ]
    known = [day for day in days if day is not pd.NaT]
    return max(known).normalize() if known else None


def _told(layer: Any, kind: str) -> Any:
    """Return the rows whose dates can be believed: a report is not recorded before the day it speaks of."""
    if kind != "reports" or "recorded_at" not in layer.columns:
        return layer
    return layer[~(layer["recorded_at"].dt.normalize() < layer["date"])]


def _replaced(study: Study, layers: Mapping[str, Any]) -> Study:
    """Conform and convert the new layers; forget what was found in the old ones."""
    kept = tuple(found for found in study.problems if found.layer not in layers)
    opened = from_layers({**study.layers, **layers}, study.meta)
    # What could not be mended in the store before cannot be mended in a copy of it.
    found_now = spared(opened.problems, spared_rows(study.problems))
    fresh = tuple(found for found in found_now if found.layer in layers)
    return replace(
        study, layers=MappingProxyType(opened.layers), meta=MappingProxyType(opened.meta), problems=kept + fresh
    )


def _line(kind: str, layer: Any, problems: tuple[Problem, ...], lang: str) -> tuple[str, str, str, str, str]:
    wrong = [found for found in problems if found.layer == kind and found.severity != "note"]
    counts = pd.Series([found.severity for found in wrong], dtype=object).value_counts()
    said = ", ".join(f"{words.value('severity', name, lang)} {count}" for name, count in counts.items())
    label = words.label(kind, lang)
    if kind not in GEO_KINDS or not isinstance(layer, gpd.GeoDataFrame):
        return label, f"{len(layer):,}", "", "", said
    shapes = ", ".join(sorted({str(name).removeprefix("Multi") for name in layer.geom_type.dropna().unique()}))
    return label, f"{len(layer):,}", shapes, layer.crs.to_string() if layer.crs else "", said
