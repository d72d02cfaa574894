"""A layer of a map: a frame, how it is drawn, and what its legend and popups say.

A *shade* colours areas by a column: numbers in classes, words in categories. A *legend* lists what can be seen with
the number of rows behind each entry; its counts, and the rows without geometry, which are counted apart, add up to the
rows of the layer. The *popup* is a table of labelled columns, the *label* a column whose text stands on the map.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.maps import symbols
from fringe.maps.classes import Classes, Scheme, classify
from fringe.maps.curves import encode_curves
from fringe.maps.encode import encode, is_number, label_of, order_of
from fringe.maps.kinds import categories_of, pooled
from fringe.maps.pack import Block
from fringe.maps.photos import encode_photos
from fringe.maps.ranges import LONGEST, class_labels, is_counted, unseen_of
from fringe.maps.reading import Details, filter_columns, initials, search_columns
from fringe.maps.shading import class_symbols, listed
from fringe.maps.style import Categories, Style, Symbol
from fringe.maps.timeline import Timed, describe_times, describe_values, item_texts, places_of
from fringe.model import units, words
from fringe.model.layers import LAYERS

# The name of an index that has none.
NO_NAME = "id"
LABELLED_KINDS = ("zones", "villages", "roads", "rail")
# More areas than this get hairlines: outlines would hide the fill.
_MANY_AREAS = 400


@dataclass(frozen=True)
class Shade:
    """How a column becomes colours."""

    column: str
    scheme: Scheme
    breaks: tuple[float, ...] | None = None
    k: int = 5
    ramp: str = "slate"
    # Whether classes tell falls from rises, wherever their edges come from.
    diverging: bool = False
    # Values of another frame that the classes are made for as well.
    also: pd.Series | None = field(default=None, compare=False)

    def classes(self, frame: pd.DataFrame) -> Classes:
        """Return the classes of the frame's column."""
        numbers = numbers_of(self.pool(frame))
        whole = self.whole(frame)
        return classify(
            numbers,
            scheme=self.scheme,
            k=self.k,
            breaks=self.breaks,
            diverging=self.diverging,
            whole=whole,
            unseen=unseen_of(self.column, whole=whole),
        )

    def whole(self, frame: pd.DataFrame) -> bool:
        """Return whether classes are told as whole numbers: by the column's name or, unless they are fixed, its values.

        Fixed classes are called the same whatever values come.
        """
        if is_counted(self.column):
            return True
        if self.breaks or units.display(self.column) is not None:
            return False
        numbers = numbers_of(self.pool(frame))
        known = numbers[np.isfinite(numbers)]
        return bool((known == np.rint(known)).all() and (np.abs(known) < LONGEST).all())

    def pool(self, frame: pd.DataFrame) -> pd.Series:
        """Return all values that classes or categories are made for."""
        return frame[self.column] if self.also is None else pooled(frame[self.column], self.also)

    def title(self, lang: str | None) -> str:
        """Return the name of a layer that has no other."""
        return label_of(self.column, lang)

    def drawing(self, layer: Layer, lang: str | None) -> Drawing:
        """Return which colour each row of a layer gets."""
        return _draw_shade(layer, self, lang)


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a map. Made by the verbs of `Map`, which check what they are given.

    Parameters
    ----------
    frame
        A copy of what was given.
    name
        For the legend; `None`: the kind's label, or the shaded column's.
    style
        A symbol, categories or a shade.
    kind
        The kind of layer, if known.
    popup
        Columns of the popup; none, no popup.
    label
        The column written on the map.
    group
        A heading of the legend; `None`: themes, or the base map for roads, rail, villages, water, land and buildings.
    show
        Whether it is seen at first.
    timed
        What the rows are on other days; the frame holds the last of them.
    side
        ``"before"`` or ``"after"`` in a comparison; `None`: on both sides.
    details
        What popups and the filter show beyond the usual.
    number
        Tells layers apart that would else have one name.
    """

    frame: gpd.GeoDataFrame
    name: str | None
    style: Style | Shade
    kind: str | None
    popup: tuple[str, ...]
    label: str | None
    group: str | None = None
    show: bool = True
    timed: Timed | None = None
    side: str | None = None
    details: Details = field(default_factory=Details)
    number: int = 1

    def title(self, lang: str | None) -> str:
        """Return the layer's name: the one given, else what it shades, its kind, or its index; else a number."""
        if self.name is not None:
            return self.name
        if isinstance(self.style, Shade):
            return self.style.title(lang)
        if self.kind:
            return _sentence(words.label(self.kind, lang))
        named = self.unnamed()
        name = label_of(named, lang) if named else words.text("map.layer", lang)
        numbered = not named or self.number > 1
        return words.text("map.layer_number", lang, name=name, n=self.number) if numbered else name

    def unnamed(self) -> str | None:
        """Return what a layer of no known kind goes by if it has no name: its index; empty if that has none either."""
        if self.name is not None or self.kind or isinstance(self.style, Shade):
            return None
        index = str(self.frame.index.name)
        return "" if index == NO_NAME else index


@dataclass(frozen=True)
class Drawing:
    """Which symbol each row gets, and what the legend says of it.

    Parameters
    ----------
    drawn
        The symbols.
    codes
        The symbol of each row.
    items
        Label of each legend entry and its symbol; rows are counted from `codes`.
    note
        Stands beside the name in the legend, such as the unit.
    outline
        Drawn around every area once more, over the layers above.
    grid
        What runs across and what runs up where the legend is a square of two figures: label, unit, classes.
    blank
        The symbol of rows without data: its entry is shown only if a row on any day has it.
    """

    drawn: tuple[Symbol, ...]
    codes: npt.NDArray[np.int64]
    items: tuple[tuple[str, int], ...]
    note: str = ""
    outline: Symbol | None = field(default=None)
    grid: list[dict[str, Any]] | None = None
    blank: int | None = None

    def needed(self, codes: npt.NDArray[np.int64]) -> Drawing:
        """Return the drawing without the entry "no data" if no row has none; `codes` are those of all days."""
        if self.blank is None or len(self.items) == 1 or (codes == self.blank).any():
            return self
        return replace(self, items=tuple(item for item in self.items if item[1] != self.blank))


def dimension_of(frame: gpd.GeoDataFrame) -> int:
    """Return 0, 1 or 2: the highest dimension among the features, 2 for none."""
    found = shapely.get_dimensions(frame.geometry.to_numpy())
    return int(found.max()) if (found >= 0).any() else 2


def has_geometry(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows can be drawn."""
    shapes = frame.geometry.to_numpy()
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=bool)


def numbers_of(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return a column as floats, missing values as NaN."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def default_popup(frame: gpd.GeoDataFrame, kind: str | None) -> tuple[str, ...]:
    """Return the index and the columns that have a label, those of the contract first; all columns of an unknown frame.

    Columns without any value are left out.
    """
    filled = [str(name) for name in frame.columns if name != frame.geometry.name and bool(frame[name].notna().any())]
    if kind is None:
        return tuple(filled)
    contract = [column.name for column in LAYERS[kind].columns]
    ordered = [name for name in contract if name in filled] + [name for name in filled if name not in contract]
    return (str(frame.index.name), *(name for name in ordered if words.has(f"label.{name}") or label_of(name) != name))


def describe(layer: Layer, number: int, lang: str | None, days: pd.DatetimeIndex | None = None) -> dict[str, Any]:
    """Return the layer for the page: symbols, legend, labels, and the `Block` of its shapes and of its columns.

    Parameters
    ----------
    layer
        See the class.
    number
        Its place on the map.
    lang
        ``"zh"`` or ``"en"``.
    days
        Those of the map; `None`: the layer's own.
    """
    order = order_of(layer.frame)
    layer = replace(layer, frame=layer.frame.iloc[order], timed=layer.timed and layer.timed.taken(order))
    layer = replace(layer, details=layer.details.within(layer.frame))
    frame, dimension = layer.frame, dimension_of(layer.frame)
    drawing, times, blocks = _draw_times(layer, lang, days) if layer.timed else (_draw(layer, lang), {}, {})
    # What has no geometry is not drawn: it is said, and not among the counts.
    drawn = has_geometry(frame)
    counts = np.bincount(drawing.codes[drawn], minlength=len(drawing.drawn))
    shown = layer.style.column if isinstance(layer.style, Shade) else None
    # The page needs the label's column, and the shaded one, even when the popup leaves them out.
    extra = [name for name in (layer.label, shown) if name and name not in layer.popup]
    looked_up, sorted_by = _aids(layer)
    names = list(dict.fromkeys((*layer.popup, *extra, *looked_up, *sorted_by)))
    named_areas = bool(layer.label) and dimension == 2  # noqa: PLR2004 - areas
    codes = drawing.codes if len(drawing.drawn) > 1 or layer.timed else None
    payload = encode(frame, names, codes=codes, anchors=named_areas, lang=lang)
    found: dict[str, Any] = {
        "id": f"layer-{number}",
        "name": layer.title(lang),
        "group": layer.group
        or words.text(f"map.group_{'base' if layer.kind in symbols.BASE_KINDS else 'themes'}", lang),
        "kind": layer.kind or "",
        "what": _sentence(words.label(layer.kind, lang)) if layer.kind else layer.title(lang),
        "dimension": dimension,
        "level": symbols.level_of(layer.kind, dimension),
        "show": layer.show,
        "popup": len(layer.popup),
        "symbols": [symbol.spec() for symbol in drawing.drawn],
        "note": drawing.note,
        "legend": [{"label": label, "symbol": symbol, "count": int(counts[symbol])} for label, symbol in drawing.items],
        "n": payload.n,
        "columns": payload.columns.facts["columns"],
        "blocks": {"shapes": payload.shapes, "columns": payload.columns, **blocks, **_more(layer, lang)},
        "search": [names.index(name) for name in looked_up],
        "filters": [names.index(name) for name in sorted_by],
    }
    if (layer.kind or "").startswith(symbols.BELOW):
        found["base"] = True
    if not drawn.all():
        found["without"] = words.text("map.without_geometry", lang, n=f"{int((~drawn).sum()):,}")
    if drawing.grid:
        found["grid"] = drawing.grid
    if drawing.outline:
        thin = replace(drawing.outline, width=0.7, casing_width=0.4)
        found["outline"] = (thin if len(frame) > _MANY_AREAS else drawing.outline).spec()
    if layer.side:
        found["side"] = layer.side
    if layer.timed:
        at = names.index(layer.timed.column) if layer.timed.column in names else -1
        found["times"] = {"column": at, **times}
    if layer.label:
        found["label"] = names.index(layer.label)
    if shown:
        found["value"] = names.index(shown)
    return found


def _aids(layer: Layer) -> tuple[list[str], list[str]]:
    """Return the columns a layer is searched by, and those it is filtered by."""
    looked_up = search_columns(layer.frame, layer.popup, layer.label)
    given = layer.details.filters
    return looked_up, filter_columns(layer.frame, layer.popup, looked_up) if given is None else list(given)


def signs_of(layer: Layer) -> dict[str, str]:
    """Return the Chinese signs of what a layer is searched by, with the initials of their readings."""
    names = [name for name in _aids(layer)[0] if name in layer.frame]
    texts = [text for name in names for text in layer.frame[name].dropna().unique() if isinstance(text, str)]
    return initials([*texts, *(text for text in layer.frame.index if names and isinstance(text, str))])


def _more(layer: Layer, lang: str | None) -> dict[str, Block]:
    """Return what popups show besides their table."""
    found = {}
    if layer.details.curves is not None:
        found["curves"] = encode_curves(layer.details.curves, layer.frame.index, lang)
    if layer.details.photos:
        found["photos"] = encode_photos(layer.details.photos, layer.frame.index)
    return found


def drawing_of(layer: Layer, lang: str | None) -> Drawing:
    """Return which symbol each row gets; of a timed layer, on its last day."""
    return _draw_times(layer, lang)[0] if layer.timed else _draw(layer, lang)


def _draw(layer: Layer, lang: str | None) -> Drawing:
    drawing = _drawn(layer, lang)
    return drawing.needed(drawing.codes)


def _drawn(layer: Layer, lang: str | None) -> Drawing:
    if isinstance(layer.style, Shade):
        return layer.style.drawing(layer, lang)
    if isinstance(layer.style, Categories):
        return _draw_categories(layer.frame, layer.style, lang)
    return Drawing((layer.style,), np.zeros(len(layer.frame), dtype=np.int64), ((layer.title(lang), 0),))


def _draw_times(
    layer: Layer, lang: str | None, days: pd.DatetimeIndex | None = None
) -> tuple[Drawing, dict[str, Any], dict[str, Block]]:
    """Return the drawing of the last day, and what the page needs of the others."""
    timed = layer.timed
    assert timed is not None  # noqa: S101 - asked for timed layers only
    drawing = _drawn(replace(layer, frame=gpd.GeoDataFrame(timed.pool())), lang)
    n = len(drawing.drawn)
    # "No data" is the last symbol; a code beyond them all is not there.
    blank = n if timed.vanishes else n - 1
    codes = timed.codes(drawing.codes, n)
    places = places_of(timed.days if days is None else days, timed)
    # Before the layer's first day all rows are blank.
    ever = np.append(codes, [blank]) if min(places, default=0) < 0 and len(codes) else codes
    blocks = {"times": describe_times(timed, codes, blank)}
    facts: dict[str, Any] = {"blank": blank, "places": places}
    texts = item_texts(timed, drawing.codes, n + 1, lang)
    values = describe_values(timed, lang) if texts is None else None
    if values is None:
        facts["words"] = texts
    else:
        blocks["values"] = values
        facts["values"] = values.facts["columns"]
    return replace(drawing.needed(ever), codes=codes[:, -1]), facts, blocks


def _draw_categories(frame: gpd.GeoDataFrame, style: Categories, lang: str | None) -> Drawing:
    codes = style.assign(frame)
    known = style.categories
    some = np.bincount(codes, minlength=len(known) + 1)
    # Absent categories would only lengthen the legend; an absent status is worth a row that says 0.
    always = {"status"} >= set(style.columns())
    items = [
        (n, category) for n, category in enumerate((*known, style.other)) if some[n] or (always and n < len(known))
    ]
    return Drawing(
        (*(category.symbol for category in known), style.other.symbol),
        codes,
        tuple((_text(category.label, lang), n) for n, category in items),
    )


def _sentence(text: str) -> str:
    """Return a text with a capital at its start, as headings of legends have it."""
    return text[:1].upper() + text[1:]


def _text(label: str, lang: str | None) -> str:
    if words.has(label):
        return _sentence(words.text(label, lang))
    # "value.kind.oak" without an entry stands for its last part.
    return label.split(".", 2)[2] if label.startswith("value.") else label


def _draw_shade(layer: Layer, shade: Shade, lang: str | None) -> Drawing:
    frame = layer.frame
    if not is_number(frame[shade.column]):
        return _draw_kinds(layer, shade, lang)
    classes = shade.classes(frame)
    codes = classes.assign(numbers_of(frame[shade.column]))
    codes[codes < 0] = len(classes)
    labels, unit = class_labels(classes, shade.column, lang, whole=shade.whole(frame))
    shown = listed(classes, numbers_of(shade.pool(frame)))
    unknown = replace(symbols.UNKNOWN_AREA, stroke=None)
    items = (*((labels[n], n) for n in shown), (words.text("map.no_data", lang), len(classes)))
    drawn = (*class_symbols(classes, shade.ramp), unknown)
    return Drawing(drawn, codes, items, note=unit, outline=symbols.outline(), blank=len(classes))


def _draw_kinds(layer: Layer, shade: Shade, lang: str | None) -> Drawing:
    """Return the drawing of a column of words; `layer.frame` holds every word of a timed layer once."""
    own = layer.frame[shade.column] if layer.timed is None else layer.timed.whole()
    counts = pooled(own, shade.also).value_counts() if shade.also is not None else own.value_counts()
    style = categories_of(shade.pool(layer.frame), counts.to_dict(), lang)
    codes = style.assign(layer.frame)
    there = np.bincount(codes, minlength=len(style.categories) + 1) > 0
    blank = len(style.categories)
    items = [(category.label, n) for n, category in enumerate(style.categories) if there[n]]
    drawn = (*(category.symbol for category in style.categories), style.other.symbol)
    return Drawing(drawn, codes, (*items, (style.other.label, blank)), outline=symbols.outline(), blank=blank)
