"""Basemaps on a sheet drawn by matplotlib: embedded pictures and tiles, and fills that let them show through.

Online basemaps are left out, for want of a network, and the sheet says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from fringe.io.tiles import HALF_M
from fringe.maps.encode import BITS
from fringe.maps.layer import Drawing
from fringe.maps.underlay import Ground, grounds_of
from fringe.model import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fringe.maps.map import Map

_UNITS = 2.0**BITS / (2 * HALF_M)
_BELOW_ALL = -10.0


def veiled(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document for paper: fills are as light as they are drawn, and it says which basemaps it lacks."""
    if "basemaps" not in document:
        return document
    lang = "zh" if document["lang"].startswith("zh") else "en"
    online = [each["name"] for each in document["basemaps"] if each["kind"] == "online" and each["show"]]
    notes = [words.text("map.basemap_left_out", lang, name=name) for name in online]
    through = any(each["kind"] != "online" and each["show"] for each in document["basemaps"])
    through = through or any(layer.get("base") and layer["show"] for layer in document["layers"])
    veils = document["veils"] if through else {}
    layers = [
        {**layer, "symbols": [_lighter(spec, veils.get(layer["id"], 1)) for spec in layer["symbols"]]}
        for layer in document["layers"]
    ]
    return {**document, "layers": layers, "notes": [*document["notes"], *notes], "veils": veils}


def _lighter(spec: dict[str, Any], veil: float) -> dict[str, Any]:
    return spec if veil == 1 else {**spec, "opacity": spec.get("opacity", 1.0) * veil}


def veiled_drawings(drawings: Sequence[Drawing], document: dict[str, Any]) -> list[Drawing]:
    """Return drawings with fills as light as the document has them."""
    veils = [document.get("veils", {}).get(layer["id"], 1.0) for layer in document["layers"]]
    return [
        replace(drawing, drawn=tuple(replace(symbol, opacity=symbol.opacity * veil) for symbol in drawing.drawn))
        for drawing, veil in zip(drawings, veils, strict=True)
    ]


def grounds_for(shown: Map, document: dict[str, Any], lang: str | None) -> list[Ground]:
    """Return the basemaps that a sheet draws, the lowest first."""
    found = grounds_of(shown.basemaps, document["view"], lang, public=shown.audience == "public")
    return [ground for ground in found if ground.facts["show"] and ground.images]


def draw_grounds(ground: Axes, grounds: Sequence[Ground]) -> None:
    """Draw basemaps below all layers; the frame stays as it is."""
    from PIL import Image

    limits = ground.get_xlim(), ground.get_ylim()
    for number, each in enumerate(grounds):
        for step, (data, (west, south, east, north)) in enumerate(each.images):
            with Image.open(BytesIO(data)) as image:
                pixels = np.asarray(image.convert("RGBA"))
            across, up = (west + HALF_M, east + HALF_M), (south - HALF_M, north - HALF_M)
            extent = across[0] * _UNITS, across[1] * _UNITS, up[0] * _UNITS, up[1] * _UNITS
            order = _BELOW_ALL + number + step / (len(each.images) + 1)
            made = ground.imshow(pixels, extent=extent, zorder=order, aspect="auto", interpolation="antialiased")
            made.set(alpha=each.facts["opacity"], resample=True)
    ground.set(xlim=limits[0], ylim=limits[1], xticks=[], yticks=[])
