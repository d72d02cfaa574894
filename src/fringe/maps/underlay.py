"""What a page holds of its basemaps: pictures cut and written small, tiles chosen, addresses with or without a key.

A basemap is cut to the first view of the map and a *margin* around it, for screens of other shapes. It is written as
fine as its megabytes allow, which are counted as they stand in the page; a public map shows none finer than its rule
allows. How fine it became is said on the sheet.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np

from fringe.errors import FringeError, MapError
from fringe.io.picture import Box, Picture, Pixels, read_picture, size_of
from fringe.io.tiles import HALF_M, Archive, Place, read_tiles, tiles_over
from fringe.maps.basemap import Basemap
from fringe.maps.encode import BITS, mercator
from fringe.maps.online import Online
from fringe.maps.pack import Block
from fringe.model import words
from fringe.model.problem import Problem
from fringe.model.rules import citation, rule_value

RULE = "LIB-PUBLIC-PIX"
"""The rule that says how fine the pictures of a public map may be."""
# Of the longer side of the first view.
_MARGIN = 0.3
# A view of one point still has surroundings.
_LEAST_M = 400.0
# Two signs of a page hold 13 bits.
_BYTES_IN_PAGE = 16 / 13
# What a browser decodes without trouble on a phone.
_MOST_PIXELS = 16_000_000
_LEAST_PX = 48
_QUALITIES = (84, 70)
_OPAQUE = 255
_MOST_TILES = 12_000
_USUAL_TILE_PX = 256


@dataclass(frozen=True)
class Ground:
    """A basemap as a page or a sheet shows it.

    Parameters
    ----------
    facts
        For the page, as plain data.
    block
        What is embedded.
    note
        What the sheet says of it; empty for nothing.
    images
        Pictures and the boxes they fill (west, south, east, north in Web Mercator metres), the coarsest first.
    hosts
        What the page must be allowed to ask.
    """

    facts: dict[str, Any]
    block: Block | None = None
    note: str = ""
    images: tuple[tuple[bytes, Box], ...] = field(default=(), repr=False)
    hosts: tuple[str, ...] = ()


def grounds_of(
    basemaps: Sequence[Basemap], view: Sequence[float], lang: str | None, *, public: bool = False, keyed: bool = False
) -> list[Ground]:
    """Return the basemaps that are no vectors, for a first view.

    Parameters
    ----------
    basemaps
        Of the map.
    view
        West, south, east, north in degrees.
    lang
        Of names and notes.
    public
        Whether pictures must not be finer than the rule allows.
    keyed
        Whether keys may stand in the page because it is thrown away.

    Raises
    ------
    MapError
        If a picture lies elsewhere or does not fit its megabytes.
    """
    box = around(view)
    middle = math.radians((view[1] + view[3]) / 2)
    finest = rule_value(RULE) if public else 0.0
    found = []
    for number, each in enumerate(basemaps):
        if each.is_vector:
            continue
        made = _ground(each, box, _Fineness(math.cos(middle), finest), lang, keyed=keyed)
        usual = {"id": f"basemap-{number}", "name": each.title(lang), "show": each.show, "opacity": each.opacity}
        side = {"side": each.side} if each.side else {}
        found.append(Ground({**usual, **side, **made.facts}, made.block, made.note, made.images, made.hosts))
    return found


def public_note(lang: str | None) -> str:
    """Return what a public map says of its pictures."""
    return words.text("map.public_pixels", lang, step=f"{rule_value(RULE):g}", source=citation(RULE, lang))


def around(view: Sequence[float]) -> Box:
    """Return a square around a view with its margin, in Web Mercator metres.

    Examples
    --------
    >>> [round(edge) for edge in around([0, 0, 0.1, 0.05])]
    [-3340, -6123, 14472, 11689]
    """
    units = mercator(np.array([[view[0], view[1]], [view[2], view[3]]]))
    (west, south), (east, north) = (units / 2.0**BITS - 0.5) * [2 * HALF_M, -2 * HALF_M]
    # As high as wide, for screens that stand upright and screens that lie.
    reach = max((0.5 + _MARGIN) * max(east - west, north - south), _LEAST_M)
    x, y = (west + east) / 2, (south + north) / 2
    return float(x - reach), float(y - reach), float(x + reach), float(y + reach)


@dataclass(frozen=True)
class _Fineness:
    """How metres on the ground relate to those of Web Mercator in a view, and the finest pixel allowed."""

    shrink: float
    finest_m: float

    @property
    def least_step(self) -> float:
        return self.finest_m / self.shrink

    def said(self, step: float) -> str:
        """Return a size of pixels on the ground as people read it."""
        metres = step * self.shrink
        return f"{metres:.2g}" if metres < 10 else f"{metres:.0f}"  # noqa: PLR2004 - two digits


def _ground(each: Basemap, box: Box, fineness: _Fineness, lang: str | None, *, keyed: bool) -> Ground:
    if isinstance(each.source, Online):
        return _online(each, each.source, fineness, keyed=keyed)
    try:
        if isinstance(each.source, Picture):
            return _picture(each, each.source, box, fineness, lang)
        return _tiles(each, each.source, box, fineness, lang)
    except MapError:
        raise
    except FringeError as error:
        raise MapError(error.problems) from error


def _units(box: Box) -> list[float]:
    """Return west, north, east, south in units of the page."""
    scale = 2.0**BITS / (2 * HALF_M)
    west, south, east, north = box
    return [
        round(at, 3)
        for at in ((west + HALF_M) * scale, (HALF_M - north) * scale, (east + HALF_M) * scale, (HALF_M - south) * scale)
    ]


def _elsewhere(each: Basemap) -> MapError:
    assert not isinstance(each.source, Online)  # noqa: S101 - those are everywhere
    return MapError(Problem("map_basemap_elsewhere", each.source.name))


def _too_large(each: Basemap, lang: str | None) -> MapError:
    return MapError(Problem("map_basemap_size", each.title(lang), params={"most": f"{each.max_mb:g}"}))


def _picture(each: Basemap, source: Picture, box: Box, fineness: _Fineness, lang: str | None) -> Ground:
    if importlib.util.find_spec("PIL") is None:
        raise MapError(Problem("map_no_pillow_basemap", source.name))
    read = read_picture(source, box, most_pixels=_MOST_PIXELS, least_step=fineness.least_step)
    if read is None or not read[0][..., 3].any():
        raise _elsewhere(each)
    pixels, filled = read
    made = fitted(pixels, int(each.max_mb * 1e6 / _BYTES_IN_PAGE))
    if made is None:
        raise _too_large(each, lang)
    data, kind, width = made
    step = (filled[2] - filled[0]) / width
    block = Block()
    block.blobs("picture", [data])
    note = words.text("map.basemap_fineness", lang, name=each.title(lang), step=fineness.said(step))
    return Ground({"kind": "picture", "type": kind, "box": _units(filled)}, block, note, ((data, filled),))


def fitted(pixels: Pixels, most: int) -> tuple[bytes, str, int] | None:
    """Return colours as JPEG, or WebP where parts are clear, within bytes; its type, and its width in pixels.

    It is written coarser first in quality, then in size; `None` if even a tiny picture is too much.
    """
    from PIL import Image

    clear = bool((pixels[..., 3] < _OPAQUE).any())
    whole = Image.fromarray(pixels if clear else np.ascontiguousarray(pixels[..., :3]))
    kind, options = ("webp", {"method": 4}) if clear else ("jpeg", {"optimize": True})

    def written(image: Any, quality: int) -> bytes:
        made = BytesIO()
        image.save(made, kind, quality=quality, **options)
        return made.getvalue()

    image = whole
    for quality in _QUALITIES:
        data = written(image, quality)
        if len(data) <= most:
            return data, f"image/{kind}", image.width
    while True:
        shrink = min(0.9, 0.96 * math.sqrt(most / len(data)))
        width, height = (max(1, int(side * shrink)) for side in image.size)
        if max(width, height) < _LEAST_PX:
            return None
        image = whole.resize((width, height), Image.Resampling.LANCZOS)
        data = written(image, _QUALITIES[-1])
        if len(data) <= most:
            return data, f"image/{kind}", image.width


def _tiles(each: Basemap, source: Archive, box: Box, fineness: _Fineness, lang: str | None) -> Ground:
    chosen = chosen_tiles(source, box, each.max_mb * 1e6 / _BYTES_IN_PAGE, fineness.least_step)
    found, side = chosen.tiles, chosen.tile_px
    if not found:
        raise _none_chosen(each, source, chosen, fineness)
    zooms = [place[0] for place in found]
    unique = list(dict.fromkeys(found.values()))
    numbers = {data: number for number, data in enumerate(unique)}
    places = sorted(found)
    block = Block()
    for axis, name in enumerate("zxy"):
        block.ints(name, np.array([place[axis] for place in places], dtype=np.int64))
    block.ints("at", np.array([numbers[found[place]] for place in places], dtype=np.int64))
    block.blobs("tiles", unique)
    step = _step_of(max(zooms), side)
    note = words.text("map.basemap_fineness", lang, name=each.title(lang), step=fineness.said(step))
    facts = {"kind": "tiles", "type": f"image/{source.holds}", "least": min(zooms), "most": max(zooms), "tile_px": side}
    # Where all finer tiles are there, a sheet needs no coarser one.
    drawn = [(z, x, y) for z, x, y in places if not all((z + 1, *child) in found for child in _children(x, y))]
    return Ground(facts, block, note, tuple((found[place], box_of_tile(place)) for place in drawn))


def _none_chosen(each: Basemap, source: Archive, chosen: Chosen, fineness: _Fineness) -> MapError:
    """Return why an archive gives nothing, as a problem."""
    params: dict[str, Any] = {"zoom": chosen.zoom, "wanted": max(0, chosen.useful), "most": f"{each.max_mb:g}"}
    if chosen.reason == "map_basemap_too_fine":
        allowed = math.floor(math.log2(2 * HALF_M / chosen.tile_px / fineness.least_step))
        step = fineness.said(_step_of(chosen.zoom, chosen.tile_px))
        params.update(step=step, finest=f"{fineness.finest_m:g}", wanted=allowed, rule=RULE)
    return MapError(Problem(chosen.reason, source.name, params=params))


def _children(x: int, y: int) -> list[tuple[int, int]]:
    return [(2 * x + right, 2 * y + down) for down in (0, 1) for right in (0, 1)]


def _step_of(zoom: int, side: int) -> float:
    return 2 * HALF_M / (1 << zoom) / side


def box_of_tile(place: Place) -> Box:
    """Return west, south, east, north of a tile in Web Mercator metres.

    Examples
    --------
    >>> box_of_tile((1, 1, 0)) == (0.0, 0.0, HALF_M, HALF_M)
    True
    """
    zoom, x, y = place
    step = 2 * HALF_M / (1 << zoom)
    return x * step - HALF_M, HALF_M - (y + 1) * step, (x + 1) * step - HALF_M, HALF_M - y * step


@dataclass(frozen=True)
class Chosen:
    """Tiles by their place and how wide they are in pixels; where there are none, the code of the problem.

    `zoom` is the last one tried, `useful` the coarsest that would be of use.
    """

    tiles: dict[Place, bytes]
    tile_px: int
    reason: str
    zoom: int
    useful: int


def chosen_tiles(source: Archive, box: Box, most: float, least_step: float) -> Chosen:
    """Return the tiles over a box from the coarsest useful zoom to the finest that fits.

    Parameters
    ----------
    source
        The archive.
    box
        In Web Mercator metres.
    most
        Bytes that all of them may have.
    least_step
        The finest size of a pixel, in Web Mercator metres.
    """
    span = max(box[2] - box[0], box[3] - box[1])
    useful = math.floor(math.log2(2 * HALF_M / span))
    found: dict[Place, bytes] = {}
    size = side = 0
    reason = ""
    for zoom in range(max(source.least, min(useful, source.most)), source.most + 1):
        places = list(tiles_over(box, zoom))
        if len(places) > _MOST_TILES:
            # Where coarser zooms were read and have nothing here, finer ones are elsewhere too.
            reason = reason or "map_basemap_too_many"
            break
        level = dict(read_tiles(source, places))
        side = side or (size_of(next(iter(level.values())))[0] if level else 0)
        size += sum(map(len, set(level.values()) - set(found.values())))
        reason = "map_basemap_size" if size > most else "map_basemap_elsewhere"
        # More room would not help what is too fine.
        reason = "map_basemap_too_fine" if side and _step_of(zoom, side) < least_step else reason
        if reason != "map_basemap_elsewhere":
            break
        found.update(level)
    return Chosen(found, side, reason, zoom, useful)


def _online(each: Basemap, source: Online, fineness: _Fineness, *, keyed: bool) -> Ground:
    most = source.most
    while fineness.finest_m and _step_of(most, _USUAL_TILE_PX) < fineness.least_step:
        most -= 1
    facts: dict[str, Any] = {
        "kind": "online",
        "urls": list(source.urls),
        "parts": list(source.subdomains),
        "most": most,
    }
    if source.variable is not None:
        key = os.environ.get(source.variable, "") if each.embed_key or keyed else ""
        if each.embed_key and not key:
            raise MapError(Problem("map_basemap_key_missing", "map", params={"variable": source.variable}))
        facts.update({"key": key} if key else {"asks": True})
    return Ground(facts, hosts=source.hosts)
