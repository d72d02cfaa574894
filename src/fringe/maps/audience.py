"""For whom a map is: what an internal map shows and a public one does not.

A *public* map has a map review number (审图号), or bears a watermark across its face. Its positions are *generalised*:
moved to the nearest point of a grid whose step is the *tolerance*, the same grid for all layers, so that borders in
common stay in common; areas that shrink to nothing become one cell of the grid, lines that do are left out. Layers,
rows and columns that are sensitive are left out, and so are free remarks, in which names may stand, and
photographs, on which people may be known. A row that is sensitive on one of its days is so on all. Nothing is left of
what is left out: no word, day or class that only it had. What was done is said on the sheet.

What is sensitive is said in `fringe.maps.sensitive`. Of a layer of no known kind, whose columns nobody has named, only
those are shown that have a label here: an unknown table may hold anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.maps.compare import with_shared_classes
from fringe.maps.encode import label_of, to_degrees
from fringe.maps.layer import Layer, Shade, default_popup
from fringe.maps.sensitive import names_layer, names_person, sensitive_cells, tells_of_persons
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
        out = _sensitive_rows(layer)
        rows += int(out.sum())
        nameless, index = _without_names(_taken(layer, ~out))
        shown, dropped = _without_columns(nameless)
        columns.update(dict.fromkeys([*index, *dropped]))
        photos += len(shown.details.photos)
        kept.append(replace(shown, details=replace(shown.details, photos=())))
    kept = with_shared_classes(kept)
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


def small_print(tolerance_m: float | None, lang: str | None = None) -> list[str]:
    """Return what the step of the grid rests on, for the small print.

    Examples
    --------
    >>> small_print(25, "en"), small_print(0, "en")
    (['Step of the grid: set by the map maker'], [])
    """
    if tolerance_m == 0:
        return []
    source = citation(RULE, lang) if tolerance_m is None else words.text("map.public_own", lang)
    return [words.text("map.public_grounds", lang, source=source)]


def _is_sensitive(layer: Layer) -> bool:
    column = layer.style.column if isinstance(layer.style, Shade) else ""
    decided = layer.style.columns() if isinstance(layer.style, Categories) else [column, getattr(layer.style, "up", "")]
    told = [layer.timed.column] if layer.timed else []
    names = (layer.name or "", str(layer.frame.index.name), layer.group or "")
    return any(map(names_layer, names)) or any(_personal(layer, name) for name in (*decided, *told))


def _personal(layer: Layer, name: str) -> bool:
    return names_person(name) or (name in layer.frame and tells_of_persons(layer.frame[name]))


def _sensitive_rows(layer: Layer) -> npt.NDArray[np.bool_]:
    """Return the rows whose id, or a cell, or what they are on some day, is a sensitive word or a list with one."""
    frame = layer.frame
    found = np.zeros(len(frame), dtype=bool)
    for column in (frame.index.to_series(), *(frame[name] for name in frame.columns if name != frame.geometry.name)):
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype):
            found |= sensitive_cells(column)
    if layer.timed is not None and layer.timed.items is not None:
        wrong = np.flatnonzero(sensitive_cells(pd.Series(layer.timed.items, dtype=object)))
        found |= np.isin(layer.timed.table, wrong).any(axis=1)
    return found


def _taken(layer: Layer, rows: npt.NDArray[np.bool_]) -> Layer:
    if rows.all():
        return layer
    frame = layer.frame[rows]
    timed = layer.timed and layer.timed.only(np.flatnonzero(rows).astype(np.int64))
    if timed:
        frame = frame.assign(**{timed.column: timed.last()})
    return replace(layer, frame=frame, timed=timed, details=layer.details.within(frame))


def _without_names(layer: Layer) -> tuple[Layer, list[str]]:
    """Return the layer with its rows counted, if their ids are persons, and what the ids were called."""
    frame, name = layer.frame, str(layer.frame.index.name)
    if not (names_person(name) or tells_of_persons(frame.index.to_series())):
        return layer, []
    numbers = pd.RangeIndex(1, len(frame) + 1, name="id")
    details = layer.details
    if details.curves:
        curves = details.curves.renamed(dict(zip(frame.index, numbers, strict=True)))
        details = replace(details, curves=curves)
    popup = tuple(column for column in layer.popup if column != name)
    label = None if layer.label == name else layer.label
    return replace(layer, frame=frame.set_axis(numbers), popup=popup, label=label, details=details), [name]


def _without_columns(layer: Layer) -> tuple[Layer, list[str]]:
    """Return the layer without sensitive columns, its curves too, and those that would have been seen."""
    details = layer.details
    told = [str(name) for name in details.curves.table.columns if names_person(str(name))] if details.curves else []
    if details.curves and told:
        layer = replace(layer, details=replace(details, curves=details.curves.without(told)))
    frame = layer.frame
    names = [str(name) for name in frame.columns if name != frame.geometry.name]
    wrong = [name for name in names if _personal(layer, name)]
    if layer.kind is None and layer.popup == default_popup(frame, None):
        # Nobody has looked through the columns of an unknown table: those without a label of ours may hold anything.
        wrong += [
            name for name in names if name not in wrong and not words.has(f"label.{name}") and not _needed(layer, name)
        ]
    if not wrong:
        return layer, told
    seen = [name for name in wrong if name in layer.popup or name == layer.label] + told
    popup = tuple(name for name in layer.popup if name not in wrong)
    label = None if layer.label in wrong else layer.label
    return replace(layer, frame=layer.frame.drop(columns=wrong), popup=popup, label=label), seen


def _needed(layer: Layer, name: str) -> bool:
    """Return whether a column was named when the layer was drawn: what is shaded, classed, written or filtered by."""
    style = layer.style
    classed = (
        style.columns() if isinstance(style, Categories) else [getattr(style, part, "") for part in ("column", "up")]
    )
    return name in {*classed, layer.label, *(layer.details.filters or ()), layer.timed and layer.timed.column}


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
