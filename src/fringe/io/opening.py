"""A study from its files: the layers a manifest names, each conformed and brought to one metric coordinate system.

Files and coordinate systems that are missing are said all together; rows that are wrong are kept and listed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from fringe.errors import FringeError, LayerError, LedgerError, StudyError
from fringe.io.excel import load_ledger
from fringe.io.field import load_findings
from fringe.io.files import demand_file
from fringe.io.log_merge import conform_findings, stored_log, with_findings, with_reports
from fringe.io.manifest import LayerSource, Manifest, RasterSource, read_manifest
from fringe.io.propose import guess_kind
from fringe.io.store import is_study, load_study
from fringe.io.tabular import EXCEL_SUFFIXES
from fringe.io.vector import layers_of, load_layer
from fringe.model.contract import conform
from fringe.model.crs import metric_crs, same_crs, to_metric
from fringe.model.entries import conform_ledger
from fringe.model.layers import LAYERS, LEDGER_KINDS
from fringe.model.names import replace_names
from fringe.model.problem import Problem
from fringe.model.stored import spared

# What is no layer, and what it is.
_OTHERS = {".osm.pbf": "file_is_osm", ".osm": "file_is_osm", ".tif": "file_is_raster", ".tiff": "file_is_raster"}
META_KEYS = ("title", "lang", "date", "crs", "review_no", "attribution", "organisation")


@dataclass(frozen=True)
class Opened:
    """The layers of a study by kind, its words, the problems of its rows, what takes reports, and its rasters.

    The store stands `store_apart` where it holds only what was recorded, beside the files of the study.
    """

    layers: dict[str, Any]
    meta: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    store: Path | None = None
    rasters: Mapping[str, RasterSource] = field(default_factory=dict)
    store_apart: bool = False


def open_study(path: str | os.PathLike[str]) -> Opened:
    """Return a study from its ``study.toml`` or GeoPackage.

    Parameters
    ----------
    path
        The file, or the folder that holds a ``study.toml``.

    Raises
    ------
    StudyError
        With everything that keeps the study from opening.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    if is_study(path):
        return _saved(path)
    if path.suffix.lower() != ".toml" and path.is_file():
        raise StudyError(Problem("study_not_one", path.name, params={"path": str(path)}))
    return _from_manifest(read_manifest(path))


def from_layers(layers: Mapping[str, Any], meta: Mapping[str, str]) -> Opened:
    """Return a study of frames that are there already: each conformed, all in one metric coordinate system.

    Raises
    ------
    StudyError
        If layers with shapes have no coordinate system.
    """
    fresh: dict[str, Any] = {}
    problems: list[Problem] = []
    for kind, layer in layers.items():
        if kind not in LEDGER_KINDS:
            fresh[kind], found = _conformed(layer, kind)
            problems += found
    problems += _ledger(layers, fresh)
    bare = [
        Problem("crs_missing", kind, params={"path": kind})
        for kind, layer in fresh.items()
        if isinstance(layer, gpd.GeoDataFrame) and layer.crs is None
    ]
    if bare:
        raise StudyError(bare)
    converted, crs, notes = _in_one_crs(fresh, meta.get("crs"))
    words = {**meta, **({"crs": crs.to_string()} if crs is not None else {})}
    return Opened(converted, words, problems + notes)


def _conformed(layer: Any, kind: str) -> tuple[Any, list[Problem]]:
    return conform_findings(layer) if kind == "findings" else conform(layer, kind)


def _ledger(given: Mapping[str, Any], layers: dict[str, Any]) -> list[Problem]:
    """Put tasks and reports among the layers, held against each other, and return their problems."""
    if not {*given} & {*LEDGER_KINDS}:
        return []
    tasks, reports = (given.get(kind, pd.DataFrame()) for kind in LEDGER_KINDS)
    if not len(tasks) and not len(reports):
        layers |= {kind: given[kind] for kind in LEDGER_KINDS if kind in given}
        return []
    layers["tasks"], layers["reports"], problems = conform_ledger(tasks, reports)
    return problems


def file_problems(path: str | os.PathLike[str], kind: str | None = None) -> list[Problem]:
    """Return the problems of each layer of a file, as a layer of the kind given, else of the kind it looks like."""
    path = Path(path)
    demand_file(path, path.name)
    for ending, code in _OTHERS.items():
        if path.name.lower().endswith(ending):
            raise LayerError(Problem(code, path.name))
    if kind in {None, *LEDGER_KINDS} and path.suffix.lower() in EXCEL_SUFFIXES:
        try:
            return load_ledger(path)[2]
        except LedgerError as error:
            if kind or any(found.code != "no_task_list" for found in error.problems if isinstance(found, Problem)):
                raise
    problems: list[Problem] = []
    names: list[str | None] = [*layers_of(path)]
    for name in names or [None]:
        frame, found = load_layer(path, name)
        told = (kind, 1.0) if kind else guess_kind(frame, f"{path.stem} {name or ''}")
        if told is None:
            params = {"allowed": ", ".join(LAYERS)}
            problems += [*found, Problem("kind_unclear", name or path.name, severity="warning", params=params)]
            continue
        problems += load_layer(path, name, kind=told[0])[1]
    return problems


def _saved(path: Path) -> Opened:
    layers, meta = load_study(path)
    problems: list[Problem] = []
    for kind in [kind for kind in layers if kind in LAYERS and kind not in LEDGER_KINDS]:
        layers[kind], found = _conformed(layers[kind], kind)
        problems += found
    problems += spared(_ledger(dict(layers), layers), layers.get("reports", pd.DataFrame()).index)
    return Opened(layers, meta, problems, path)


def _from_manifest(manifest: Manifest) -> Opened:
    layers: dict[str, Any] = {}
    problems: list[Problem] = []
    stops: list[Any] = []
    # Findings that name no zone are put in the one they lie in.
    for kind, source in sorted(manifest.layers.items(), key=lambda item: item[0] == "findings"):
        try:
            layers[kind], found = _load(source, layers.get("zones"))
            problems += found
        except FringeError as error:
            stops += error.problems
    if manifest.ledger.path is not None:
        try:
            layers["tasks"], layers["reports"], found = load_ledger(manifest.ledger.path)
            problems += found
        except FringeError as error:
            stops += error.problems
    elif layers.keys() & {*LEDGER_KINDS}:
        problems += _ledger(dict(layers), layers)
    if "tasks" in layers and manifest.ledger.names:
        places = {LAYERS[kind].index: layers[kind] for kind in ("zones", "villages") if kind in layers}
        layers["tasks"], found = replace_names(layers["tasks"], places, manifest.ledger.names)
        problems += found
    stored: dict[str, Any] = {}
    try:
        stored = stored_log(manifest.ledger.store)
    except FringeError as error:
        stops += error.problems
    if stops:
        raise StudyError(stops)
    layers, problems = with_reports(layers, problems, stored)
    layers, crs, found = _in_one_crs(layers, manifest.crs)
    layers, more = with_findings(layers, stored, crs)
    found += more
    meta = {key: _word(getattr(manifest, key)) for key in META_KEYS if getattr(manifest, key) is not None}
    if crs is not None:
        meta["crs"] = crs.to_string()
    return Opened(layers, meta, problems + found, manifest.ledger.store, manifest.rasters, True)


def _load(source: LayerSource, zones: Any) -> tuple[Any, list[Problem]]:
    if source.kind == "findings":
        return load_findings(
            source.path,
            source.layer,
            zones=zones,
            crs=source.crs,
            datum=source.datum,
            aliases=source.aliases,
            encoding=source.encoding,
        )
    return load_layer(
        source.path,
        source.layer,
        kind=source.kind,
        crs=source.crs,
        datum=source.datum,
        aliases=dict(source.aliases),
        encoding=source.encoding,
    )


def _word(item: object) -> str:
    return str(item.date()) if isinstance(item, pd.Timestamp) else str(item)


def _in_one_crs(
    layers: Mapping[str, Any], wanted: str | None
) -> tuple[dict[str, Any], pyproj.CRS | None, list[Problem]]:
    """Bring all layers with shapes to one metric coordinate system, and note which were converted."""
    spatial = {kind: layer for kind, layer in layers.items() if isinstance(layer, gpd.GeoDataFrame)}
    if not spatial:
        return dict(layers), None, []
    # The zones decide: a country's stations beside one district must not move its projection.
    leading = [spatial["zones"]] if len(spatial.get("zones", ())) else list(spatial.values())
    crs = pyproj.CRS(wanted) if wanted else metric_crs(*leading)
    notes = [
        Problem("crs_converted", kind, severity="note", params={"before": _name(layer.crs), "after": _name(crs)})
        for kind, layer in spatial.items()
        if layer.crs is not None and not same_crs(crs, layer.crs)
    ]
    return {**layers, **to_metric(spatial, crs)}, crs, notes


def _name(crs: Any) -> str:
    code = crs.to_string()
    return f"{code} ({crs.name})" if code.startswith(("EPSG", "ESRI")) else crs.name
