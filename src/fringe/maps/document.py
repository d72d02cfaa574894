"""What the page shows, as plain data: title block, words, layers and the first view.

A *document* is a tree of dicts, lists, texts and numbers that becomes JSON. Its order is fixed, so equal maps give
equal documents. Its `blocks` are packed texts (`fringe.maps.pack`), which stand beside the JSON in the page.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fringe.errors import MapError
from fringe.maps.audience import grounds_of, published
from fringe.maps.axes import encode_axes
from fringe.maps.compare import pair_legends
from fringe.maps.dateline import in_one_piece
from fringe.maps.encode import BITS
from fringe.maps.layer import Layer, Shade, describe, signs_of
from fringe.maps.timeline import days_of, places_of
from fringe.model import words
from fringe.model.dates import parse_day
from fringe.model.problem import Problem

if TYPE_CHECKING:
    from fringe.maps.map import Map

_PAGE_WORDS = (
    "legend",
    "legend_open",
    "close",
    "count",
    "fold",
    "unfold",
    "north",
    "north_says",
    "zoom_in",
    "zoom_out",
    "fit",
    "scale",
    "scale_m",
    "scale_km",
    "also_here",
    "map_of",
    "sources",
    "data_date",
    "time",
    "time_play",
    "time_pause",
    "time_of",
    "compare_divider",
    "compare_share",
    "compare_other",
    "tools",
    "tool_search",
    "tool_filter",
    "tool_table",
    "tool_measure",
    "tool_full",
    "search_hint",
    "search_hint_rail",
    "search_results",
    "search_found",
    "search_more",
    "search_none",
    "filter_clear",
    "filtered",
    "not_given",
    "colon",
    "comma",
    "semicolon",
    "table_layer",
    "table_all",
    "table_some",
    "measure_how",
    "measure_length",
    "measure_around",
    "measure_area",
    "measure_crossed",
    "measure_centre",
    "measure_centre_says",
    "measure_back",
    "measure_clear",
    "unit_m",
    "unit_km",
    "unit_m2",
    "unit_mu",
    "unit_ha",
)


def describe_map(sheet: Map) -> dict[str, Any]:
    """Return the document of a map.

    Raises
    ------
    MapError
        If no layer has a feature.
    """
    lang = words.resolve_lang(sheet.lang)
    sheet, notes, stamps = as_shown(sheet, lang)
    if all(layer.frame.geometry.is_empty.all() or layer.frame.geometry.isna().all() for layer in sheet.layers):
        raise MapError(Problem("map_nothing", "map", params={"title": sheet.title}))
    day = None if sheet.date is None else parse_day(sheet.date)
    layers = [describe(layer, number, lang) for number, layer in enumerate(sheet.layers)]
    days = days_of(sheet.layers)
    for layer, described in zip(sheet.layers, layers, strict=True):
        if layer.timed is not None:
            described["times"]["places"] = places_of(days, layer.timed)
    pair_legends(layers)
    blocks = {f"{layer['id']}-{name}": block.text() for layer in layers for name, block in layer["blocks"].items()}
    axes: dict[str, Any] = {}
    if sheet.posts is not None:
        axes, blocks["axes"] = {"axes": "axes"}, encode_axes(sheet.posts).text()
    signs = {sign: read for layer in sheet.layers for sign, read in signs_of(layer).items()}
    return {
        "lang": "zh-CN" if lang == "zh" else "en",
        "title": sheet.title,
        "subtitle": sheet.subtitle or "",
        "organisation": sheet.organisation or "",
        "date": words.text("map.data_date", lang, date=f"{day:%Y-%m-%d}") if day is not None else "",
        "review": _review(sheet, lang),
        "reviewed": bool(sheet.review_no),
        "attribution": sheet.attribution or "",
        "notes": notes,
        "grounds": grounds_of(sheet.tolerance_m, lang) if sheet.audience == "public" else [],
        "stamps": stamps,
        "watermark": words.text("map.watermark", lang) if sheet.watermark else "",
        "words": {word: words.text(f"map.{word}", lang) for word in _PAGE_WORDS},
        "view": first_view(sheet.layers, [layer["blocks"]["shapes"].facts["bounds"] for layer in layers]),
        "bits": BITS,
        "days": [f"{each:%Y-%m-%d}" for each in days],
        "compare": sheet.comparison.describe(lang) if sheet.comparison else None,
        "layers": [{**layer, "blocks": [f"{layer['id']}-{name}" for name in layer["blocks"]]} for layer in layers],
        "initials": dict(sorted(signs.items())),
        **axes,
        "blocks": blocks,
    }


def _review(sheet: Map, lang: str | None) -> str:
    """Return the review number, or what the map is without one."""
    if sheet.review_no:
        return words.text("map.review_no", lang, number=sheet.review_no)
    return words.text("map.public_draft" if sheet.audience == "public" else "map.no_review_no", lang)


def as_shown(sheet: Map, lang: str | None) -> tuple[Map, list[str], list[str]]:
    """Return the map with its layers as they are drawn, what was done to them, and what its title block warns of."""
    sheet = replace(sheet, layers=in_one_piece(sheet.layers))
    if sheet.audience != "public":
        return sheet, [], []
    shown = published(sheet.layers, sheet.tolerance_m, lang)
    # A railway's kilometre posts are positions too, exact ones.
    return replace(sheet, layers=shown.layers, posts=None), list(shown.notes), []


def first_view(layers: tuple[Layer, ...], places: list[list[float] | None]) -> list[float]:
    """Return west, south, east, north of the shaded layers, else of the zones, else of all; given those of each."""
    shaded = [isinstance(layer.style, Shade) for layer in layers]
    zones = [layer.kind == "zones" for layer in layers]
    for chosen in (shaded, zones, [True] * len(layers)):
        bounds = np.array([place for place, wanted in zip(places, chosen, strict=True) if wanted and place])
        if len(bounds):
            # A ten-millionth of a degree is a centimetre.
            return [round(float(edge), 7) for edge in (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))]
    return [-180.0, -60.0, 180.0, 75.0]


def to_json(document: dict[str, Any]) -> str:
    r"""Return JSON that a script element can hold: nothing in it ends the element or starts a comment.

    Examples
    --------
    >>> to_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # A lone surrogate (half a character, from a torn file) has no UTF-8; JSON can still name it.
    return (
        "".join(f"\\u{ord(sign):04x}" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
        if _torn(text)
        else text
    )


def _torn(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
