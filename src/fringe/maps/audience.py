"""For whom a map is: what an internal map shows and a public one does not.

A *public* map has a map review number (审图号), or bears a watermark across its face. Its positions are *generalised*:
moved to the nearest point of a grid whose step is the *tolerance*, the same grid for all layers, so that borders in
common stay in common; areas that shrink to nothing become one cell of the grid, lines that do are left out. Layers,
rows and columns that `sensitive.csv` names are left out, and so are free remarks, in which names may stand, and
photographs, on which people may be known. What was done is said on the sheet.

`sensitive.csv` holds regular expressions: of whole names of columns, of whole words in cells, of parts of the names of
layers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.maps.encode import label_of, to_degrees
from fringe.maps.layer import Layer, Shade
from fringe.maps.style import Categories
from fringe.model import words
from fringe.model.rules import citation, rule_value

Audience = Literal["internal", "public"]
RULE = "LIB-PUBLIC-POS"
"""The rule that holds the usual tolerance."""

# A degree of latitude is about this long; the grid need not be exact, only the same for all layers.
_M_PER_DEGREE = 111_320.0
_AREA, _LINE = 2, 1


@dataclass(frozen=True)
class Published:
    """What a map shows to its audience.

    Parameters
    ----------
    layers
        As they are drawn.
    notes
        What was done to them, as the sheet says it.
    """

    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()


def published(layers: Sequence[Layer], tolerance_m: float | None = None, lang: str | None = None) -> Published:
    """Return the layers of a public map, and what was done to them.

    Parameters
    ----------
    layers
        As they were given.
    tolerance_m
        Step of the grid positions are moved to; `None`: the rule's, 0: they stay.
    lang
        Of the notes.
    """
    kept: list[Layer] = []
    gone: list[str] = []
    columns: dict[str, None] = {}
    rows = photos = 0
    for layer in layers:
        if _is_sensitive(layer):
            gone.append(layer.title(lang))
            continue
        out = _sensitive_rows(layer.frame)
        rows += int(out.sum())
        shown, dropped = _without_columns(_taken(layer, ~out))
        columns.update(dict.fromkeys(dropped))
        photos += len(shown.details.photos)
        kept.append(replace(shown, details=replace(shown.details, photos=())))
    step = rule_value(RULE) if tolerance_m is None else tolerance_m
    lines = 0
    if step:
        kept, lines = _generalised(kept, step)
    notes = _notes(gone, list(columns), rows, lines, step, lang)
    if photos:
        notes.append(words.text("map.public_photos", lang, n=f"{photos:,}"))
    return Published(tuple(kept), tuple(notes))


def _notes(
    gone: list[str],
    columns: list[str],
    rows: int,
    lines: int,
    step: float,
    lang: str | None,
) -> list[str]:
    comma = words.text("phrase.comma", lang)
    found = []
    if step:
        found.append(words.text("map.public_positions", lang, step=f"{step:g}"))
    if gone:
        found.append(words.text("map.public_layers", lang, names=comma.join(gone)))
    if rows:
        found.append(words.text("map.public_rows", lang, n=f"{rows:,}"))
    if columns:
        named = [label_of(name, lang) for name in columns]
        found.append(words.text("map.public_columns", lang, names=comma.join(named)))
    if lines:
        found.append(words.text("map.public_lines", lang, n=f"{lines:,}"))
    return found


def grounds_of(tolerance_m: float | None, lang: str | None = None) -> list[str]:
    """Return what the step of the grid rests on, for the small print.

    Examples
    --------
    >>> grounds_of(25, "en"), grounds_of(0, "en")
    (['Step of the grid: set by the map maker'], [])
    """
    if tolerance_m == 0:
        return []
    source = citation(RULE, lang) if tolerance_m is None else words.text("map.public_own", lang)
    return [words.text("map.public_grounds", lang, source=source)]


@cache
def _patterns(what: str) -> re.Pattern[str]:
    with (resources.files("fringe.maps") / "sensitive.csv").open("r", encoding="utf-8") as text:
        table = pd.read_csv(text, dtype=str, keep_default_na=False)
    return re.compile("|".join(f"(?:{match})" for match in table["match"][table["what"] == what]), re.IGNORECASE)


def _is_sensitive(layer: Layer) -> bool:
    column = layer.style.column if isinstance(layer.style, Shade) else ""
    decided = layer.style.columns() if isinstance(layer.style, Categories) else [column, getattr(layer.style, "up", "")]
    names = (layer.name or "", str(layer.frame.index.name), layer.group or "")
    return any(_patterns("layer").search(name) for name in names) or any(map(_is_personal, decided))


def _is_personal(column: str) -> bool:
    return _patterns("column").fullmatch(column) is not None


def _sensitive_rows(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return the rows in which a cell holds a sensitive word."""
    found = np.zeros(len(frame), dtype=bool)
    for name in frame.columns:
        column = frame[name]
        if name == frame.geometry.name or not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
            continue
        texts = [item for item in column.dropna().unique() if isinstance(item, str)] if _plain(column) else []
        wrong = [item for item in texts if _patterns("row").fullmatch(item.strip())]
        found |= column.isin(wrong).to_numpy(dtype=bool) if wrong else False
    return found


def _plain(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) == "string"


def _taken(layer: Layer, rows: npt.NDArray[np.bool_]) -> Layer:
    if rows.all():
        return layer
    return replace(
        layer, frame=layer.frame[rows], timed=layer.timed and layer.timed.taken(np.flatnonzero(rows).astype(np.int64))
    )


def _without_columns(layer: Layer) -> tuple[Layer, list[str]]:
    """Return the layer without sensitive columns, and those that would have been seen."""
    wrong = [str(name) for name in layer.frame.columns if _is_personal(str(name))]
    if not wrong:
        return layer, []
    seen = [name for name in wrong if name in layer.popup or name == layer.label]
    popup = tuple(name for name in layer.popup if name not in wrong)
    label = None if layer.label in wrong else layer.label
    return replace(layer, frame=layer.frame.drop(columns=wrong), popup=popup, label=label), seen


def _generalised(layers: Sequence[Layer], step_m: float) -> tuple[list[Layer], int]:
    """Return the layers with their positions on a grid, and how many lines were left out for it."""
    shapes = [to_degrees(layer.frame) for layer in layers]
    bounds = np.array([part.total_bounds for part in shapes]).reshape(-1, 4)
    middle = np.nanmean(bounds[:, [1, 3]]) if np.isfinite(bounds).any() else 0.0
    # Whole degrees: the grid of a map does not move when a plot is added.
    step = np.array([1 / math.cos(math.radians(min(abs(round(middle)), 85))), 1.0]) * step_m / _M_PER_DEGREE
    found, lines = [], 0
    for layer, degrees in zip(layers, shapes, strict=True):
        moved = _on_grid(degrees.to_numpy(), step)
        was_line = shapely.get_dimensions(degrees.to_numpy()) == _LINE
        out = was_line & shapely.is_empty(moved) & ~shapely.is_empty(degrees.to_numpy())
        lines += int(out.sum())
        frame = layer.frame.set_geometry(gpd.GeoSeries(moved, index=degrees.index, crs=degrees.crs))
        found.append(_taken(replace(layer, frame=frame), ~out))
    return found, lines


def _on_grid(shapes: npt.NDArray[Any], step: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Return shapes with every vertex on a grid; areas that vanish become the cell they lie in."""
    units = shapely.transform(shapes, lambda xy: xy / step)
    broken = ~shapely.is_valid(units) & ~shapely.is_missing(units)
    if broken.any():
        units[broken] = shapely.make_valid(units[broken], method="structure")
    moved = shapely.set_precision(units, 1.0)
    lost = (shapely.get_dimensions(units) == _AREA) & shapely.is_empty(moved) & ~shapely.is_empty(units)
    if lost.any():
        corner = np.floor(shapely.get_coordinates(shapely.centroid(units[lost])))
        moved[lost] = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1, corner[:, 1] + 1)
    return np.asarray(shapely.transform(moved, lambda xy: xy * step))
