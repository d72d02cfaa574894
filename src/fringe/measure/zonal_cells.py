"""What lies of each zone in the cells of a raster, added up window by window in one pass.

A *span* is a run of cells of one row of which the same fraction lies in a zone: single cells along its border, and runs
of whole cells within. A *tally* of a zone has the sums over its spans, in the columns `INSIDE` to `OVER_W`: fractions
of cells inside, of those with data (`COUNT`), of their values (`SUM`) and of those over the limit; a name with `_W`
says that each cell is weighted by its area. Windows are cut the same way for any number of workers and added up in
order, so that no figure depends on it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from fringe.errors import LayerError
from fringe.io.raster import Cells, Raster, Reader, Window, opened, windows
from fringe.measure import zonal_plain
from fringe.measure.flat import Floats, Ints
from fringe.measure.zonal_edges import Bands, Edges, bands
from fringe.model.compiled import available, loaded
from fringe.model.parallel import MOST_WORKERS, chunked
from fringe.model.problem import Problem

INSIDE, INSIDE_W, COUNT, COUNT_W, SUM, SUM_W, OVER_W = range(7)
# Of a cell less than this, or of a smaller zone less than this part of it, is rounding of coordinates.
_SLIGHT = 1e-9
# Loading numba takes a second, in which NumPy is done with so many cells; the first run after an installation compiles
# for some seconds more, which following ones earn back. Once loaded it is always quicker, but for what is nothing.
WORTH_LOADING = 20_000_000
WORTH_CALLING = 100_000
# No list of classes is longer; a raster with more values than this in one window measures something.
_MOST_CLASSES = 1024
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Comparison:
    """What stored values are compared with, in the raster's own type.

    Parameters
    ----------
    limit
        Cells with a greater stored value are over the limit.
    extremes, classes
        Whether the least and greatest values, or the area of each class, are wanted.
    """

    limit: Any
    extremes: bool
    classes: bool


@dataclass(frozen=True)
class Tallies:
    """What was added up.

    Parameters
    ----------
    found
        Shape ``(n_zones, 7)``.
    extremes
        Least and greatest stored value of each zone, in the raster's type; meaningless where `COUNT` is 0.
    classes
        Area of each class in each zone, by its stored value.
    """

    found: Floats
    extremes: Array
    classes: dict[Any, Floats]


@dataclass(frozen=True)
class _Part:
    """What one window adds: the zones there, and theirs."""

    zones: Ints
    found: Floats
    extremes: Array
    values: Array
    classes: Floats


def tallies(
    raster: Raster, edges: Edges, weight: Floats, comparison: Comparison, *, workers: int | None = None
) -> Tallies:
    """Return the tallies of zones on a raster.

    Parameters
    ----------
    raster, edges
        The raster, and the zones on its grid.
    weight
        Area of a cell of each row.
    comparison
        What else is wanted.
    workers
        Threads; `None` chooses.
    """
    n = len(edges.area)
    plan = _plan(raster, edges)
    result = Tallies(np.zeros((n, 7)), _unset(n, raster, wanted=comparison.extremes), {})
    engine = _engine(raster, edges)
    if workers is None:
        workers = 1 if len(plan) == 1 else min(os.cpu_count() or 1, MOST_WORKERS)
    with opened(raster) as reader:

        def some(span: slice) -> list[_Part]:
            return [_part(reader, window, ids, edges, weight, comparison, engine) for window, ids in plan[span]]

        for parts in chunked(some, len(plan), size=1, workers=workers):
            for part in parts:
                _add(result, part)
    return result


def _plan(raster: Raster, edges: Edges) -> list[tuple[Window, Ints]]:
    """Return the windows that zones may meet, each with the edges of those zones."""
    plan: list[tuple[Window, Ints]] = []
    found: Bands | None = None
    for window in windows(raster):
        if found is None:
            found = bands(edges, window.height, raster.height)
        ids = found.of(window.row)
        box = edges.box[edges.zone_at[ids]]
        ids = ids[(box[:, 0] < window.col + window.width) & (box[:, 2] > window.col)]
        if len(ids):
            plan.append((window, ids))
    return plan


def _engine(raster: Raster, edges: Edges) -> ModuleType:
    """Return the compiled way where there is enough to do, else the plain one."""
    sides = np.clip(edges.box, 0, [raster.width, raster.height] * 2)
    cells = np.nansum((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])) if len(sides) else 0
    if cells < WORTH_CALLING or (cells < WORTH_LOADING and not loaded()) or not available():
        return zonal_plain
    from fringe.measure import zonal_kernel

    return zonal_kernel


def _part(
    reader: Reader,
    window: Window,
    ids: Ints,
    edges: Edges,
    weight: Floats,
    comparison: Comparison,
    engine: ModuleType,
) -> _Part:
    raster = reader.raster
    zone_at = edges.zone_at[ids]
    heads = np.flatnonzero(np.r_[True, zone_at[1:] != zone_at[:-1], True])
    zones = zone_at[heads[:-1]]
    ends = edges.ends[ids] - [window.col, window.row]
    slight = _SLIGHT * np.minimum(edges.area[zones], 1.0)
    places, fractions = engine.spans(ends, heads, slight, window.height, window.width)
    found = np.zeros((len(zones), 7))
    extremes = _unset(len(zones), raster, wanted=comparison.extremes)
    values, classes = np.empty(0, dtype=raster.dtype), np.empty((len(zones), 0))
    if len(fractions):
        cells = reader.read(window)
        rows = weight[window.row : window.row + window.height]
        kind = raster.dtype.type
        valid = np.empty((window.height, 0), dtype=np.uint8) if cells.valid is None else cells.valid
        # Sums of small whole numbers are exact; those of 8 bytes may outgrow their type.
        zero = 0 if raster.dtype.kind in "iu" and raster.dtype.itemsize < 8 else 0.0  # noqa: PLR2004
        compare = (
            kind(0 if raster.nodata is None else raster.nodata),
            raster.nodata is not None,
            kind(comparison.limit),
            zero,
        )
        engine.tally(places, fractions, cells.stored, valid, compare, rows, found, extremes)
        if comparison.classes:
            codes, values = _codes(cells, raster)
            classes = np.zeros((len(zones), len(values) + 1))
            engine.classify(places, fractions, codes, rows, classes)
            classes = classes[:, 1:]
    return _Part(zones, found, extremes, values, classes)


def _unset(n: int, raster: Raster, *, wanted: bool) -> Array:
    """Return a least above all values and a greatest below them."""
    limits = (np.iinfo if raster.dtype.kind in "iu" else np.finfo)(raster.dtype)
    return np.tile(np.array([limits.max, limits.min], dtype=raster.dtype), (n, 1))[:, : 2 * wanted]


def _add(result: Tallies, part: _Part) -> None:
    result.found[part.zones] += part.found
    if result.extremes.shape[1]:
        at = part.zones
        result.extremes[at, 0] = np.minimum(result.extremes[at, 0], part.extremes[:, 0])
        result.extremes[at, 1] = np.maximum(result.extremes[at, 1], part.extremes[:, 1])
    for column, value in enumerate(part.values.tolist()):
        if part.classes[:, column].any():
            mine = result.classes.setdefault(value, np.zeros(len(result.found)))
            mine[part.zones] += part.classes[:, column]


def _codes(cells: Cells, raster: Raster) -> tuple[npt.NDArray[np.uint16], Array]:
    """Return each cell's class as its place, from 1, among the values there; 0 for no data.

    Raises
    ------
    LayerError
        If there are too many values for classes.
    """
    good = np.isfinite(cells.stored)
    if raster.nodata is not None:
        good &= cells.stored != raster.dtype.type(raster.nodata)
    if cells.valid is not None:
        good &= cells.valid != 0
    if raster.dtype.kind in "iu" and raster.dtype.itemsize <= 2:  # noqa: PLR2004 - of one or two bytes: a table of all values
        least = int(np.iinfo(raster.dtype).min)
        raised = cells.stored.astype(np.int64) - least
        values = (np.flatnonzero(np.bincount(raised[good])) + least).astype(raster.dtype)
        _refuse_many(values, raster)
        table = np.zeros(1 << (8 * raster.dtype.itemsize), dtype=np.uint16)
        table[values.astype(np.int64) - least] = np.arange(1, len(values) + 1)
        codes = table[raised]
    else:
        values = np.unique(cells.stored[good])
        _refuse_many(values, raster)
        codes = (np.searchsorted(values, cells.stored) + 1).astype(np.uint16)
    codes[~good] = 0
    return codes, values


def _refuse_many(values: Array, raster: Raster) -> None:
    if len(values) > _MOST_CLASSES:
        raise LayerError(
            Problem("raster_no_classes", raster.name, params={"count": len(values), "allowed": _MOST_CLASSES})
        )
