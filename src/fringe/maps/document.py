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
from fringe.maps.audience import published, small_print
from fringe.maps.axes import encode_axes
from fringe.maps.base_layers import base_layers
from fringe.maps.basemap import datum_of
from fringe.maps.compare import pair_legends
from fringe.maps.dateline import in_one_piece
from fringe.maps.encode import BITS
from fringe.maps.layer import Layer, Shade, describe, signs_of
from fringe.maps.shifted import shifted
from fringe.maps.symbols import BELOW
from fringe.maps.timeline import days_of
from fringe.maps.underlay import Ground, grounds_of, public_note
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
    "not_at_scale",
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


_BASEMAP_WORDS = (
    "basemaps",
    "basemap_key",
    "basemap_key_says",
    "basemap_key_show",
    "basemap_unreachable",
    "basemap_refused",
    "basemap_missing",
    "basemap_key_give",
    "basemap_why",
    "basemap_left_out",
)
# How much of a fill is left where a picture shows through: plots are what a sheet is about.
_VEILS = {"plots": 0.85}
_VEIL = 0.7
_AREAS = 2


def describe_map(sheet: Map, *, keyed: bool = False) -> dict[str, Any]:
    """Return the document of a map.

    Parameters
    ----------
    sheet
        The map.
    keyed
        Whether keys of online basemaps may stand in it, because the page is thrown away.

    Raises
    ------
    MapError
        If no layer has a feature, or a basemap cannot be shown.
    """
    lang = words.resolve_lang(sheet.lang)
    sheet, notes, stamps = as_shown(sheet, lang)
    own = [layer.frame.geometry for layer in sheet.layers if not is_below(layer)]
    if all(shapes.is_empty.all() or shapes.isna().all() for shapes in own):
        raise MapError(Problem("map_nothing", "map", params={"title": sheet.title}))
    day = None if sheet.date is None else parse_day(sheet.date)
    days = days_of(sheet.layers)
    layers = [describe(layer, number, lang, days) for number, layer in enumerate(sheet.layers)]
    pair_legends(layers)
    blocks = {f"{layer['id']}-{name}": block.text() for layer in layers for name, block in layer["blocks"].items()}
    axes: dict[str, Any] = {}
    if sheet.posts is not None:
        axes, blocks["axes"] = {"axes": "axes"}, encode_axes(sheet.posts).text()
    signs = {sign: read for layer in sheet.layers for sign, read in signs_of(layer).items()}
    view = first_view(sheet.layers, [layer["blocks"]["shapes"].facts["bounds"] for layer in layers])
    grounds = grounds_of(sheet.basemaps, view, lang, public=sheet.audience == "public", keyed=keyed)
    blocks.update({ground.facts["id"]: ground.block.text() for ground in grounds if ground.block is not None})
    return {
        "lang": "zh-CN" if lang == "zh" else "en",
        "title": sheet.title,
        "subtitle": sheet.subtitle or "",
        "organisation": sheet.organisation or "",
        "date": words.text("map.data_date", lang, date=f"{day:%Y-%m-%d}") if day is not None else "",
        "review": _review(sheet, lang),
        "reviewed": bool(sheet.review_no),
        "attribution": _sources(sheet, lang),
        "notes": [*notes, *(ground.note for ground in grounds if ground.note)],
        "grounds": small_print(sheet.tolerance_m, lang) if sheet.audience == "public" else [],
        "stamps": stamps,
        "watermark": words.text("map.watermark", lang) if sheet.watermark else "",
        "words": {word: words.text(f"map.{word}", lang) for word in _words_of(sheet)},
        "view": view,
        "bits": BITS,
        "days": [f"{each:%Y-%m-%d}" for each in days],
        "compare": sheet.comparison.describe(lang) if sheet.comparison else None,
        "layers": [{**layer, "blocks": [f"{layer['id']}-{name}" for name in layer["blocks"]]} for layer in layers],
        "initials": dict(sorted(signs.items())),
        **axes,
        **({**_described(grounds, layers), "sources": _credits(sheet, lang)} if sheet.basemaps else {}),
        "blocks": blocks,
    }


def _words_of(sheet: Map) -> tuple[str, ...]:
    return (*_PAGE_WORDS, *(_BASEMAP_WORDS if sheet.basemaps else ()))


def _described(grounds: list[Ground], layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the basemaps for the page, and tell areas how much of their fill stays over them."""
    return {
        "basemaps": [ground.facts for ground in grounds],
        "hosts": list(dict.fromkeys(host for ground in grounds for host in ground.hosts)),
        "veils": {
            layer["id"]: _VEILS.get(layer["kind"], _VEIL)
            for layer in layers
            if layer["dimension"] == _AREAS and not layer.get("base")
        },
    }


def _sources(sheet: Map, lang: str | None) -> str:
    """Return where the data and the basemaps come from, each source once."""
    return words.text("map.semicolon", lang).join(dict.fromkeys(text for text, _ in _credits(sheet, lang)))


def _credits(sheet: Map, lang: str | None) -> list[tuple[str, str]]:
    """Return the sources and the basemap that each is of; paper names none of an online basemap it lacks."""
    own = [(each.credit(lang), f"basemap-{number}") for number, each in enumerate(sheet.basemaps)]
    return [(text, of) for text, of in ((sheet.attribution or "", ""), *own) if text]


def _review(sheet: Map, lang: str | None) -> str:
    """Return the review number, or what the map is without one."""
    if sheet.review_no:
        return words.text("map.review_no", lang, number=sheet.review_no)
    return words.text("map.public_draft" if sheet.audience == "public" else "map.no_review_no", lang)


def as_shown(sheet: Map, lang: str | None) -> tuple[Map, list[str], list[str]]:
    """Return the map with its layers as they are drawn, what was done to them, and what its title block warns of."""
    sheet = replace(sheet, layers=in_one_piece(sheet.layers))
    notes: list[str] = []
    if sheet.audience == "public":
        shown = published(sheet.layers, sheet.tolerance_m, lang)
        # A railway's kilometre posts are positions too, exact ones.
        sheet, notes = replace(sheet, layers=shown.layers, posts=None), list(shown.notes)
        notes += [public_note(lang)] if any(not each.is_vector for each in sheet.basemaps) else []
    below = base_layers(sheet.basemaps, sheet.layers, lang)
    # What was done to the layers of a basemap is not said of the study's.
    below = published(below, sheet.tolerance_m, lang).layers if sheet.audience == "public" else below
    sheet = replace(sheet, layers=(*sheet.layers, *below))
    datum = datum_of(sheet.basemaps, lang)
    if datum == "wgs84":
        return sheet, notes, []
    return shifted(sheet, datum), notes, [words.text(f"map.stamp_{datum}", lang)]


def is_below(layer: Layer) -> bool:
    """Return whether a layer belongs to a basemap."""
    return (layer.kind or "").startswith(BELOW)


def first_view(layers: tuple[Layer, ...], places: list[list[float] | None]) -> list[float]:
    """Return west, south, east, north of the shaded layers, else of the zones, else of all; given those of each."""
    shaded = [isinstance(layer.style, Shade) for layer in layers]
    zones = [layer.kind == "zones" for layer in layers]
    for chosen in (shaded, zones, [not is_below(layer) for layer in layers]):
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
