"""A first `study.toml` for a folder of files: what each seems to be, said as a guess wherever it is one.

A *candidate* is a layer of a file that may be one of a study's kinds. What it is, is told by the words of its file and
layer name, by its shapes and by its headings. Of several candidates for one kind the likeliest is taken and the others
are named in a comment; what a person must confirm stands in comments too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from fringe.errors import CRSError, FringeError, StudyError
from fringe.io.coordinates import coordinate_columns, zone_epsg
from fringe.io.formats import PARQUET_SUFFIXES, layers_of
from fringe.io.store import is_study
from fringe.io.tabular import EXCEL_SUFFIXES, sheets_of
from fringe.io.vector import load_layer
from fringe.model import words
from fringe.model.datum import detect_datum
from fringe.model.headings import match_headings
from fringe.model.layers import LAYERS, LayerSpec
from fringe.model.problem import Problem
from fringe.model.units import plain, split_heading

# Words of file and layer names; longer ones say more.
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "zones": ("整治片区", "整治区", "片区", "行政区", "zones", "zone", "admin", "districts"),
        "villages": ("村庄", "行政村", "自然村", "村", "居民点", "villages", "village", "places", "settlements"),
        "roads": ("道路", "路网", "公路", "村道", "街道中心线", "roads", "road", "streets", "highways"),
        "rail": ("铁路", "高铁", "轨道", "railways", "railway", "rail", "tracks"),
        "plots": ("绿化地块", "绿化", "绿地", "地块", "图斑", "造林", "plots", "plot", "greening", "green"),
        "tasks": ("任务", "台账", "tasks", "ledger"),
        "reports": ("上报", "进度", "周报", "reports"),
        "findings": ("督导", "督查", "问题", "findings", "inspection"),
        "land": ("三调", "地类", "土地利用", "用地", "landuse", "land_use", "land"),
        "water": ("水系", "水体", "河流", "河道", "坑塘", "water", "rivers"),
        "buildings": ("建筑", "房屋", "buildings", "building"),
    }
)
_DATUM_NAMES = MappingProxyType(
    {
        "gcj02": ("gcj", "高德", "amap", "腾讯", "火星"),
        "bd09": ("bd09", "百度", "baidu"),
    }
)
_VECTOR_SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".kml", ".gml", *PARQUET_SUFFIXES, ".csv")
_RASTER_SUFFIXES = (".tif", ".tiff")
# Files two folders down belong to something else.
_DEPTH = 2
# A table is a kind's by its headings alone only if it has this many of them.
_HEADINGS_ENOUGH = 3
_HEADING_WITHIN = 10
_COLLECTION = "GeometryCollection"  # of what, only its parts tell
_DAY = re.compile(r"(?<!\d)(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?!\d)")
# Layers to hold one against, and how near, in m, drawings of the same thing by two hands lie.
_REFERENCES = 3
_FITS_M = 30.0
# Any plane serves to look at figures whose own system is not known.
_ANY_PLANE = "EPSG:3857"


@dataclass(frozen=True)
class Candidate:
    """A layer of a file, and what it may be."""

    path: Path
    layer: str | None
    frame: Any
    kind: str
    score: float
    crs: pyproj.CRS | None
    remarks: tuple[Problem, ...] = field(default=())


def propose(folder: str | os.PathLike[str], *, lang: str | None = None) -> tuple[str, list[Problem]]:
    r"""Return a `study.toml` for the files of a folder, and what was noticed.

    Parameters
    ----------
    folder
        Looked through with the folders in it.
    lang
        Of the comments and of the study.

    Returns
    -------
    text
        TOML with comments: for each layer its coordinate system or the lack of one, a guess at its datum with the
        reason, required columns that were not found, and other files it might have been.
    problems
        Files that could not be read (warnings), and what must be confirmed (notes).

    Raises
    ------
    StudyError
        If there is no such folder.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "村庄.csv").write_text("名称,经度,纬度\n王村,117.7,34.6\n")
    >>> text, problems = propose(folder, lang="en")
    >>> [line for line in text.splitlines() if line.startswith("[") or line.startswith("path")]
    ['[layers.villages]', 'path = "村庄.csv"']
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(Problem("init_no_folder", folder.name, params={"path": str(folder)}))
    language = words.resolve_lang(lang)
    problems: list[Problem] = []
    found: dict[str, list[Candidate]] = {}
    for candidate in _candidates(folder, problems):
        found.setdefault(candidate.kind, []).append(candidate)
    ranked = {kind: sorted(found[kind], key=lambda one: -one.score) for kind in LAYERS if kind in found}
    parts = [_head(folder, language)]
    for kind, candidates in ranked.items():
        text, more = _layer_text(folder, candidates, ranked, language)
        parts.append(text)
        problems += [Problem(one.code, kind, one.rows, one.severity, one.params) for one in more]
    parts += _ledger_text(folder, ranked, language)
    parts += _raster_texts(folder)
    if not ranked:
        problems.append(Problem("init_nothing", folder.name, severity="warning", params={"path": str(folder)}))
    return "\n".join(parts), problems


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix.lower() in suffixes and len(parts) <= _DEPTH and path.is_file() and not _hidden(parts):
            yield path


def _hidden(parts: tuple[str, ...]) -> bool:
    # ~$x.xlsx is Excel's lock.
    return any(part.startswith((".", "~$")) for part in parts)


def _candidates(folder: Path, problems: list[Problem]) -> Iterator[Candidate]:
    """Yield what the layers of all files may be; what cannot be read is a problem."""
    for path in _files(folder, (*_VECTOR_SUFFIXES, *EXCEL_SUFFIXES)):
        name = path.relative_to(folder).as_posix()
        try:
            if is_study(path):
                problems.append(Problem("init_is_study", name, severity="note", params={"path": name}))
                continue
            layers = _layers_in(path, name)
        except FringeError as error:
            problems += _softened(error, name)
            continue
        for layer in layers:
            yield from _candidate(path, layer, name, problems, several=len(layers) > 1)


def _layers_in(path: Path, name: str) -> list[str]:
    """Return the names of a file's layers; of an Excel file the sheets that name coordinates."""
    suffix = path.suffix.lower()
    if suffix in EXCEL_SUFFIXES:
        return [
            sheet
            for sheet, rows in sheets_of(path, name, []).items()
            if any(coordinate_columns([str(cell) for cell in row]) for row in rows[:_HEADING_WITHIN])
        ]
    return layers_of(path) if suffix == ".gpkg" else [path.stem]


def _softened(error: FringeError, name: str) -> list[Problem]:
    found = [one for one in error.problems if isinstance(one, Problem)]
    return [Problem(one.code, name, one.rows, "warning", one.params) for one in found]


def _candidate(path: Path, layer: str, name: str, problems: list[Problem], *, several: bool) -> Iterator[Candidate]:
    """Yield what a layer may be, if anything."""
    asked = layer if several else None
    try:
        frame, crs, remarks = _look(path, asked)
    except FringeError as error:
        problems += _softened(error, name)
        return
    guess = guess_kind(frame, layer if several else f"{path.stem} {layer}")
    if guess is None:
        params = {"path": name, "layer": layer}
        problems.append(Problem("init_unrecognised", name, severity="note", params=params))
    else:
        yield Candidate(path, asked, frame, guess[0], guess[1], crs, tuple(remarks))


def _look(path: Path, layer: str | None) -> tuple[Any, pyproj.CRS | None, list[Problem]]:
    """Return a layer as it stands, and its coordinate system if it has one."""
    try:
        frame, problems = load_layer(path, layer)
    except CRSError as error:
        frame, _ = load_layer(path, layer, crs=_ANY_PLANE)
        return frame, None, _softened(error, path.name)
    return frame, frame.crs if isinstance(frame, gpd.GeoDataFrame) else None, problems


def guess_kind(frame: pd.DataFrame, name: str) -> tuple[str, float] | None:
    """Return the likeliest kind of a layer and how likely it is, or `None`.

    Parameters
    ----------
    frame
        As it stands in its file.
    name
        Of the file and layer.

    Examples
    --------
    >>> from shapely import box
    >>> guess_kind(gpd.GeoDataFrame({"状态": ["已栽植"]}, geometry=[box(0, 0, 1, 1)]), "2020绿化地块")[0]
    'plots'
    """
    scores = {kind: _score(frame, name, spec) for kind, spec in LAYERS.items()}
    best = max(scores, key=lambda kind: scores[kind])
    return (best, scores[best]) if scores[best] > 0 else None


def _score(frame: pd.DataFrame, name: str, spec: LayerSpec) -> float:
    """Return how much speaks for a kind; 0 if its shapes are of another type or nothing does."""
    if isinstance(frame, gpd.GeoDataFrame) != bool(spec.geometry):
        return 0
    if isinstance(frame, gpd.GeoDataFrame) and not set(frame.geom_type.dropna()) <= {*spec.geometry, _COLLECTION}:
        return 0
    named = max((len(word.encode()) for word in _NAMES[spec.kind] if word in plain(name)), default=0)
    columns = columns_found(frame, spec)
    required = {column.name for column in spec.columns if column.required}
    complete = required <= columns
    if not named and not (complete and len(columns) >= _HEADINGS_ENOUGH):
        return 0
    if not spec.geometry and not complete:
        return 0
    return named + 2 * len(columns & required) + 0.5 * len(columns) + (3 if complete else 0)


def columns_found(frame: pd.DataFrame, spec: LayerSpec) -> set[str]:
    """Return the columns of a contract that a frame's headings stand for."""
    wanted = {spec.index: (spec.index, *spec.index_aliases)}
    wanted |= {column.name: (column.name, *column.aliases) for column in spec.columns}
    headings = [split_heading(str(name))[0] for name in frame.columns if name != "geometry"]
    return set(match_headings(headings, wanted)[0].values())


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: its basic strings escape as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _head(folder: Path, lang: str) -> str:
    lines = [
        f"# {words.text('cli.init_head', lang)}",
        f"title = {_quoted(folder.resolve().name)}",
        f"lang = {_quoted(lang)}",
        f"# {words.text('cli.init_date', lang)}",
        "# date = 2020-01-31",
        f"# {words.text('cli.init_crs', lang)}",
        '# crs = "EPSG:…"',
        "",
    ]
    return "\n".join(lines)


def _layer_text(
    folder: Path, candidates: list[Candidate], ranked: Mapping[str, list[Candidate]], lang: str
) -> tuple[str, list[Problem]]:
    """Return the table of one layer, and what must be confirmed."""
    best, *others = candidates
    asks: list[Problem] = [one for one in best.remarks if one.code not in ("crs_missing", "crs_missing_plane")]
    lines = [f"# {words.text(f'layer.{best.kind}', lang)}", f"[layers.{best.kind}]"]
    lines.append(f"path = {_quoted(best.path.relative_to(folder).as_posix())}")
    if best.layer is not None:
        lines.append(f"layer = {_quoted(best.layer)}")
    if LAYERS[best.kind].geometry:
        lines += _crs_lines(best, asks, lang)
        lines += _datum_lines(best, ranked, asks, lang)
    spec = LAYERS[best.kind]
    missing = [one.name for one in spec.columns if one.required and one.name not in columns_found(best.frame, spec)]
    if missing:
        present = ", ".join(str(name) for name in best.frame.columns if name != "geometry")
        shown = {"missing": ", ".join(missing), "present": present or "–"}
        lines.append(f"# {words.text('cli.init_columns', lang, **shown)}")
        lines.append(f'# aliases = {{ "…" = {_quoted(missing[0])} }}')
        asks.append(Problem("init_columns", best.kind, severity="note", params=shown))
    for other in others:
        where = other.path.relative_to(folder).as_posix() + (f" ({other.layer})" if other.layer else "")
        lines.append(f"# {words.text('cli.init_other', lang, path=where)}")
        asks.append(Problem("init_other", best.kind, severity="note", params={"path": where}))
    return "\n".join([*lines, ""]), asks


def _crs_lines(best: Candidate, asks: list[Problem], lang: str) -> list[str]:
    if best.crs is not None:
        code = best.crs.to_epsg()
        shown = f"EPSG:{code} ({best.crs.name})" if code else best.crs.name
        return [f"# {words.text('cli.init_crs_file', lang, crs=shown)}"]
    guess = _crs_guess(best.frame)
    asks.append(Problem("crs_missing", best.kind, severity="warning"))
    return [f"# {words.text('cli.init_crs_missing', lang)}", f"# crs = {_quoted(guess or 'EPSG:…')}"]


def _crs_guess(frame: gpd.GeoDataFrame) -> str:
    """Return a likely coordinate system of figures without one, or an empty text."""
    low_x, low_y, high_x, high_y = frame.total_bounds
    if max(abs(low_x), abs(high_x)) <= 180 and max(abs(low_y), abs(high_y)) <= 90:  # noqa: PLR2004 - degrees
        return "EPSG:4326"
    zones = {int(x // 1e6) for x in (low_x, high_x)}
    epsg = zone_epsg(zones.pop()) if len(zones) == 1 else None
    return f"EPSG:{epsg}" if epsg else ""


def _datum_lines(best: Candidate, ranked: Mapping[str, list[Candidate]], asks: list[Problem], lang: str) -> list[str]:
    """Return a guess at the datum with its reason, as comments."""
    named = next(
        (datum for datum, signs in _DATUM_NAMES.items() for sign in signs if sign in plain(best.path.stem)), ""
    )
    if named:
        shown: dict[str, str] = {"datum": named, "name": best.path.name}
        asks.append(Problem("init_datum_name", best.kind, severity="note", params=shown))
        return [f"# {words.text('cli.init_datum_name', lang, **shown)}", f"# datum = {_quoted(named)}"]
    told = _datum_told(best, ranked)
    if told is None:
        return []
    asks.append(Problem("init_datum_told", best.kind, severity="note", params=told))
    return [f"# {words.text('cli.init_datum_told', lang, **told)}", f"# datum = {_quoted(told['datum'])}"]


def _datum_told(best: Candidate, ranked: Mapping[str, list[Candidate]]) -> dict[str, str] | None:
    """Return the shifted datum that makes a layer's objects lie on those of another layer, if there is one."""
    if best.crs is None or not best.crs.is_geographic or not len(best.frame):
        return None
    others = [one for kind in ranked for one in ranked[kind] if one is not best and _comparable(one)]
    # Other files of the same kind hold the same objects; what is in a plane was surveyed, and is likely true.
    others.sort(key=lambda one: (one.kind != best.kind, one.crs is None or one.crs.is_geographic))
    for other in others[:_REFERENCES]:
        try:
            guess = detect_datum(best.frame, other.frame)
        except FringeError:  # nothing to compare: no shapes, or an ellipsoid no web map uses
            continue
        datum = guess.datum
        if datum is not None and datum != "wgs84" and guess.residual_m[datum] <= _FITS_M:
            return {
                "reference": other.path.name,
                "datum": datum,
                "residual": f"{guess.residual_m[datum]:.1f}",
                "plain": f"{guess.residual_m['wgs84']:.0f}",
            }
    return None


def _comparable(other: Candidate) -> bool:
    return other.crs is not None and isinstance(other.frame, gpd.GeoDataFrame) and len(other.frame) > 0


def _ledger_text(folder: Path, ranked: Mapping[str, list[Candidate]], lang: str) -> list[str]:
    if "tasks" in ranked:
        return []
    spec = LAYERS["tasks"]
    for path in _files(folder, EXCEL_SUFFIXES):
        try:
            sheets = sheets_of(path, path.name, [])
        except FringeError:  # said when its layers were looked for
            continue
        rows = [row for grid in sheets.values() for row in grid[:_HEADING_WITHIN]]
        heads = [sorted({cell for cell in row if isinstance(cell, str)}) for row in rows]
        if max((len(columns_found(pd.DataFrame(columns=head), spec)) for head in heads), default=0) > _HEADINGS_ENOUGH:
            name = _quoted(path.relative_to(folder).as_posix())
            lines = [
                f"# {words.text('cli.init_ledger', lang)}",
                "[ledger]",
                f"path = {name}",
                '# store = "ledger.gpkg"',
            ]
            return ["\n".join([*lines, ""])]
    return []


def _raster_texts(folder: Path) -> list[str]:
    texts = []
    for path in _files(folder, _RASTER_SUFFIXES):
        lines = [f"[rasters.{_quoted(path.stem)}]", f"path = {_quoted(path.relative_to(folder).as_posix())}"]
        if found := _DAY.search(path.stem):
            lines.append(f"date = {found[1]}-{found[2]}-{found[3]}")
        texts.append("\n".join([*lines, ""]))
    return texts
