"""A layer against its contract: headings, identity, values and geometry, with every problem found at once.

`conform` turns a frame as it came from a file into a layer the measures can use, and returns the problems; it refuses
nothing by itself. `check` returns the problems as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from fringe.errors import LayerError
from fringe.model.cells import id_text, number, values
from fringe.model.geometry import mend
from fringe.model.headings import match_headings
from fringe.model.layers import LAYERS, TABLES, LayerSpec
from fringe.model.problem import Problem, table
from fringe.model.units import M_PER_KM, Unit, parse_unit, plain, split_heading

_REPAIRS = frozenset({"geometry_invalid", "geometry_collection"})
# What a share or number may be given in, by the end of the column's name.
_COLUMN_UNITS = {"_m2": "m2", "_m": "m", "_share": "share"}


def spec_of(kind: str) -> LayerSpec:
    """Return the contract of a layer kind; an unknown kind raises a `LayerError` that names the known ones."""
    known = {**LAYERS, **TABLES}
    if kind not in known:
        raise LayerError(Problem("unknown_kind", kind, params={"value": kind, "allowed": ", ".join(known)}))
    return known[kind]


def conform(
    frame: pd.DataFrame,
    kind: str,
    *,
    aliases: Mapping[str, str] | None = None,
    encoding: str | None = None,
    strict: bool = False,
) -> tuple[Any, list[Problem]]:
    """Return a frame as a layer of its kind, and all problems found on the way.

    Parameters
    ----------
    frame
        As read from a file, or made by hand. It is not written to.
    kind
        One of `LAYERS` or `TABLES`.
    aliases
        More headings: heading to column.
    encoding
        Of the file, where headings may have been cut at 10 bytes.
    strict
        Whether a shape that had to be repaired is an error.

    Returns
    -------
    layer
        The same rows in the same order, indexed by identity; columns renamed to the contract's, converted to its types
        and units; other columns kept. A value that could not be understood is missing in it, and a problem.
    problems
        Of all severities.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"编号": ["T1"], "任务名称": ["补植"], "片区": ["东片"], "类别": ["绿化"], "单位": ["亩"],
    ...                     "目标量": ["３０"], "开始日期": ["2019.11.23"], "完成时限": ["2020年3月1日"]})
    >>> tasks, found = conform(raw, "tasks")
    >>> found, str(tasks.due["T1"]), float(tasks.target["T1"])
    ([], '2020-03-01 00:00:00', 30.0)
    """
    spec = spec_of(kind)
    if not isinstance(frame, pd.DataFrame):
        raise LayerError(Problem("not_a_frame", kind, params={"value": type(frame).__name__}))
    layer, problems = _with_columns(frame, spec, aliases or {}, encoding)
    layer, found = _with_identity(layer, spec)
    problems += found
    if kind == "roads":
        layer = _with_links(layer)
    for column in spec.columns:
        if column.name in layer.columns:
            layer[column.name], found = values(layer[column.name], column, spec.kind)
            problems += found
        elif column.required:
            present = ", ".join(str(name) for name in frame.columns if name != "geometry") or "–"
            problems.append(Problem("column_missing", kind, params={"column": column.name, "present": present}))
    if kind == "zones" and "township" not in layer.columns:
        problems.append(Problem("township_missing", kind, severity="warning", params={"column": "township"}))
    if spec.geometry:
        layer, found = _with_geometry(layer, spec)
        found = [replace(one, severity="warning") if _spared(one, spec) else one for one in found]
        problems += [replace(item, severity="error") if strict and item.code in _REPAIRS else item for item in found]
    return layer, problems


def check(frame: pd.DataFrame, kind: str, *, strict: bool = False, lang: str | None = None) -> pd.DataFrame:
    """Return all problems of a frame as a layer of a kind.

    Parameters
    ----------
    frame
        Any frame; it is not written to.
    kind
        ``"zones"``, ``"plots"``, ``"roads"``, …
    strict
        Whether a shape that had to be repaired is an error.
    lang
        Language of the messages.

    Returns
    -------
    table
        Columns `layer`, `row`, `severity`, `code`, `message`, `remedy`; no rows when all is well.

    Raises
    ------
    LayerError
        If there is no such kind.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> plots = gpd.GeoDataFrame({"plot": ["P-1"], "status": ["plantd"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32650")
    >>> check(plots, "plots", lang="en")[["row", "severity", "code"]]
       row severity           code
    0  P-1    error  unknown_value
    """
    problems = conform(frame, kind, strict=strict)[1]
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and frame.crs is None:
        problems.append(Problem("crs_missing", kind))
    return table(problems, lang)


def _with_columns(
    frame: pd.DataFrame, spec: LayerSpec, aliases: Mapping[str, str], encoding: str | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Rename headings to columns, and turn figures given in the heading's unit into the column's."""
    wanted = {spec.index: (spec.index, *spec.index_aliases)}
    wanted |= {column.name: (column.name, *column.aliases) for column in spec.columns}
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    heads = {str(name): split_heading(str(name)) for name in frame.columns if name != geometry}
    bare = {heading: (heading if _names(heading, wanted) else head) for heading, (head, _) in heads.items()}
    mapping, problems = match_headings(
        list(bare.values()),
        wanted,
        {split_heading(head)[0]: column for head, column in aliases.items()},
        encoding=encoding,
        texts={column.name for column in spec.columns if column.type == "text"},
    )
    problems = [Problem(found.code, spec.kind, found.rows, found.severity, found.params) for found in problems]
    renamed = frame.rename(columns={heading: mapping[head] for heading, head in bare.items() if head in mapping})
    layer = renamed.copy()
    for heading, (head, symbol) in heads.items():
        column = mapping.get(head)
        if symbol and column and bare[heading] == head:
            layer, found = _in_unit(layer, column, symbol, heading, spec.kind)
            problems += found
    return layer, problems


def _names(heading: str, wanted: Mapping[str, tuple[str, ...]]) -> bool:
    return any(plain(heading) == plain(name) for names in wanted.values() for name in names)


def _in_unit(
    layer: pd.DataFrame, column: str, symbol: str, heading: str, kind: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Multiply a column by its heading's unit; a unit of another quantity is an error."""
    unit = parse_unit(symbol)
    own = next((name for end, name in _COLUMN_UNITS.items() if column.endswith(end)), "")
    spec = spec_of(kind).column(column)
    if spec is None or spec.type not in {"number", "share"}:
        return layer, []
    factor = _factor(unit, own, column)
    if factor is None:
        params = {"column": column, "heading": heading, "value": symbol, "allowed": own or "–"}
        return layer, [Problem("unit_mismatch", kind, params=params)]
    numbers = pd.to_numeric(layer[column].map(number), errors="coerce")
    return layer.assign(**{column: (numbers * factor).where(numbers.notna(), layer[column])}), []


def _factor(unit: Unit, own: str, column: str) -> float | None:
    """Return what figures in a unit are multiplied with to be in the column's own, or `None` if they cannot be."""
    if column == "km_start":
        return unit.factor / M_PER_KM if unit.name == "m" else None
    if own:
        return unit.factor if unit.name == own else None
    # Persons, households and other counts have no ending; areas, lengths and shares would need one.
    return None if unit.name in _COLUMN_UNITS.values() else unit.factor


def _with_identity(layer: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, list[Problem]]:
    """Make the identity the index: its own column, else a unique name, else numbers that are said."""
    if layer.index.name == spec.index and spec.index not in layer.columns:
        ids = pd.Series(layer.index, index=layer.index)
    elif spec.index in layer.columns:
        ids = layer[spec.index]
        layer = layer.drop(columns=spec.index)
    elif layer.index.name is None and _is_named(layer.index):
        ids = pd.Series(layer.index, index=layer.index)
    elif "name" in layer.columns and layer["name"].notna().all() and layer["name"].is_unique and len(layer):
        ids = layer["name"]
    else:
        made = [f"{spec.kind}-{at:04}" for at in range(1, len(layer) + 1)]
        layer = layer.set_axis(pd.Index(made, name=spec.index, dtype=object))
        if not made:
            return layer, []
        params = {"first": made[0], "last": made[-1], "column": spec.index}
        return layer, [Problem("id_made", spec.kind, severity="warning", params=params)]
    return _indexed(layer, ids, spec)


def _is_named(index: pd.Index[Any]) -> bool:
    """Return whether an index without a name was given by hand: texts, not a count of rows."""
    return len(index) > 0 and index.nlevels == 1 and all(isinstance(item, str) for item in index)


def _indexed(layer: pd.DataFrame, ids: pd.Series[Any], spec: LayerSpec) -> tuple[pd.DataFrame, list[Problem]]:
    problems = []
    texts = [None if pd.isna(item) else id_text(item) for item in ids]
    gaps = tuple(at for at, item in enumerate(texts, start=1) if not item)
    if gaps:
        problems.append(Problem("id_missing", spec.kind, gaps, params={"column": spec.index}))
    counts = pd.Series([item for item in texts if item], dtype=object).value_counts(sort=False)
    problems += [
        Problem("id_duplicate", spec.kind, (item,), params={"value": item, "count": int(count)})
        for item, count in counts.items()
        if count > 1
    ]
    # A row without an id keeps a name of its own, so that later problems can point at it.
    named = [item or f"?{at}" for at, item in enumerate(texts, start=1)]
    return layer.set_axis(pd.Index(named, name=spec.index, dtype=object)), problems


def _with_links(layer: pd.DataFrame) -> pd.DataFrame:
    """Return roads whose OSM class ``primary_link`` is the class ``primary`` and a link road."""
    if "road_class" not in layer.columns:
        return layer
    classes = layer["road_class"].map(lambda item: item.strip() if isinstance(item, str) else item)
    links = classes.map(lambda item: isinstance(item, str) and item.endswith("_link")).astype(bool)
    if not links.any():
        return layer
    own = layer["link"] if "link" in layer.columns else pd.Series(None, index=layer.index, dtype=object)
    bare = classes.map(lambda item: item.removesuffix("_link") if isinstance(item, str) else item)
    return layer.assign(road_class=bare, link=own.astype(object).where(~links, other=True))


def _spared(found: Problem, spec: LayerSpec) -> bool:
    return spec.unplaced_too and found.code == "geometry_missing"


def _with_geometry(layer: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, list[Problem]]:
    if not isinstance(layer, gpd.GeoDataFrame) or layer.active_geometry_name is None:
        return layer, [Problem("geometry_column_missing", spec.kind)]
    return mend(layer, spec.kind, spec.geometry)
