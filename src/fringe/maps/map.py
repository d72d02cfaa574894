"""The map as a value: a title block and layers. It becomes Folium only when it is shown or saved.

A `Map` never changes: each verb returns a new one, and showing or saving leaves it as it was. The same data give the
same bytes, whatever was made or shown before.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import geopandas as gpd
import pandas as pd

from fringe.errors import MapError
from fringe.maps import symbols
from fringe.maps.audience import Audience
from fringe.maps.axes import posts_of
from fringe.maps.basemap import MAX_MB, Basemap, Datum, added, basemap_of, sided
from fringe.maps.bivariate import MOST, Bivariate
from fringe.maps.classes import Scheme
from fringe.maps.compare import Comparison, Mode, compare_maps
from fringe.maps.curves import curves_of
from fringe.maps.document import describe_map
from fringe.maps.door import (
    Palette,
    drawable,
    many_kinds,
    missing,
    missing_details,
    not_areas,
    unshadeable,
    wrong_options,
)
from fringe.maps.layer import LABELLED_KINDS, Layer, Shade, default_popup, dimension_of
from fringe.maps.photos import photos_of
from fringe.maps.style import Style
from fringe.maps.symbols import layer_of
from fringe.maps.timeline import Timed, timed_statuses, timed_values
from fringe.model.dates import parse_day
from fringe.model.problem import Problem, refuse

if TYPE_CHECKING:
    from fringe.maps.elements import OfflineMap
    from fringe.maps.pictures import Paper


@dataclass(frozen=True, eq=False)
class Map:
    """A meeting map: a title block and layers, in one self-contained page.

    Parameters
    ----------
    title
        Stands at the top of the sheet.
    subtitle, organisation
        Stand below it.
    date
        The day the data describe.
    lang
        ``"zh"`` or ``"en"``; `None`: the environment's.
    review_no
        The map review number (审图号). Without one the sheet says that it is an internal working map, or the draft of
        a public one.
    attribution
        Where the data come from, such as ``"© OpenStreetMap contributors"``.
    audience
        ``"internal"``, or ``"public"``: positions are generalised, sensitive layers, rows and columns left out, and
        the sheet says so (see `fringe.maps.audience`). What is added to `to_folium` is shown as it is.
    watermark
        Whether the map bears the words 内部资料 未经地图审核不得公开 across its face; a public map without a review
        number must.
    tolerance_m
        Step of the grid that positions of a public map are moved to; `None`: the rule's (10 m, unverified).
    layers, posts, basemaps
        Made by the verbs.

    Raises
    ------
    MapError
        If the date is none, or the map is public without a review number or a watermark.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.maps import Map
    >>> zones = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "covered_share": [0.25, 0.5]},
    ...     index=["A", "B"], geometry=[box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01)], crs="EPSG:4326",
    ... ).rename_axis("zone")
    >>> Map("Green cover", lang="en").shade(zones, "covered_share")
    <Map 'Green cover': Coverage>
    """

    title: str
    subtitle: str | None = None
    organisation: str | None = None
    date: str | dt.date | None = None
    lang: str | None = None
    review_no: str | None = None
    attribution: str | None = None
    audience: Audience = "internal"
    watermark: bool = False
    tolerance_m: float | None = None
    layers: tuple[Layer, ...] = ()
    comparison: Comparison | None = None
    posts: gpd.GeoDataFrame | None = None
    basemaps: tuple[Basemap, ...] = ()

    def __post_init__(self) -> None:
        if self.date is not None and parse_day(self.date) is None:
            raise MapError(Problem("map_date", "map", params={"value": self.date}))
        if self.audience not in get_args(Audience):
            allowed = ", ".join(get_args(Audience))
            params = {"option": "audience", "value": self.audience, "allowed": allowed}
            raise MapError(Problem("map_option_unknown", "map", params=params))
        if self.audience == "public" and not self.review_no and not self.watermark:
            raise MapError(Problem("map_not_reviewed", "map", params={"title": self.title}))
        if self.tolerance_m is not None and not 0 <= self.tolerance_m < math.inf:
            raise MapError(Problem("map_tolerance", "map", params={"value": self.tolerance_m}))

    def __repr__(self) -> str:
        names = ", ".join(layer.title(self.lang) for layer in self.layers)
        return f"<Map {self.title!r}: {names}>"

    def shade(  # noqa: PLR0913 - all but the first two are keywords
        self,
        zones: gpd.GeoDataFrame,
        column: str,
        *,
        name: str | None = None,
        scheme: Scheme | None = None,
        breaks: Sequence[float] | None = None,
        k: int = 5,
        palette: Palette | None = None,
        popup: Sequence[str] | Literal[False] | None = None,
        label: str | Literal[False] | None = None,
        group: str | None = None,
        show: bool = True,
    ) -> Map:
        """Return the map with areas coloured by a column.

        Parameters
        ----------
        zones
            Areas in any coordinate system, with the column.
        column
            Numbers, shown in classes, or words, shown as categories in their own order (see `fringe.maps.kinds`). Of
            more than 24 different words the rarest share one colour, with a warning. Missing values and blank texts
            are "no data", which stands in the legend if there are any.
        name
            For the legend; `None`: the column's label.
        scheme
            ``equal``, ``quantile``, ``natural``, ``fixed`` or ``diverging`` (see `fringe.maps.classes`). `None`:
            ``fixed`` with `breaks`, ``diverging`` for a column of differences (``…_change``), else ``equal``.
            Diverging classes tell falls from rises in two colours, falls hatched, with a class of its own for what is
            shown as 0; classes beyond the greatest fall and rise are left out of the legend.
        breaks
            All edges of the classes, rising, in the column's own unit (a share runs from 0 to 1). The classes between
            them have the same colours and labels whatever the data hold, on every map. Values beyond have a class and
            colour of their own at that end, in the legend if there are any. With ``scheme="diverging"``, and for
            ``…_change`` unless another scheme is named, colours go by the sign of each class.
        k
            How many classes are wished for; of diverging ones, how many of falls and rises together.
        palette
            ``slate``, ``sage``, ``sand``, ``plum``; for differences ``change``.
        popup
            Columns of the popup; `None`: every column with a label; `False`: no popup.
        label
            The column written on the areas; `None`: ``name`` if there is one; `False`: none. The shaded value follows
            below it where there is room.
        group
            A heading of the legend.
        show
            Whether it is seen at first.

        Raises
        ------
        MapError
            If columns or options are unknown, breaks do not rise, or the coordinate system is missing.
        """
        frame, column = drawable(zones), str(column)
        if column == frame.index.name and column not in frame.columns:
            frame = frame.assign(**{column: frame.index})
        diverging = scheme == "diverging" or (scheme in (None, "fixed") and column.endswith("_change"))
        asked = scheme or ("fixed" if breaks is not None else "diverging" if diverging else "equal")
        ramp = palette or ("change" if diverging else "slate")
        problems = [
            *missing(frame, column, "map.role_shade", self.lang),
            *missing_details(frame, popup, label, self.lang),
            *wrong_options(frame, asked, ramp, breaks, k),
            *not_areas(frame),
            *unshadeable(frame, column),
        ]
        if problems:
            raise MapError(problems)
        edges = tuple(float(edge) for edge in breaks) if breaks is not None else None
        style = Shade(column, "fixed" if edges else asked, edges, k, ramp, diverging)
        refuse(many_kinds(frame, column, self.lang), MapError)
        return self._with(frame, style, name=name, popup=popup, label=label, group=group, show=show)

    def draw(
        self,
        layer: gpd.GeoDataFrame,
        *,
        name: str | None = None,
        style: Style | None = None,
        popup: Sequence[str] | Literal[False] | None = None,
        label: str | Literal[False] | None = None,
        group: str | None = None,
        show: bool = True,
    ) -> Map:
        """Return the map with one more layer.

        Higher kinds lie over lower ones whatever the order of the calls: land, zones, water, buildings, plots, roads,
        rail, villages.

        Parameters
        ----------
        layer
            Points, lines or areas in any coordinate system. The name of its index (``plot``, ``road``, ``track``, …)
            tells its kind.
        name
            For the legend; `None`: the kind's label. A layer of no known kind goes by the name of its index, or has a
            number.
        style
            A `Symbol` or `Categories`; `None`: the kind's usual one. Layers of no known kind each get the next of a
            row of colours.
        popup, label, group, show
            As for `shade`.

        Raises
        ------
        MapError
            If columns are unknown or the coordinate system is missing.
        """
        frame = drawable(layer)
        problems = missing_details(frame, popup, label, self.lang)
        if problems:
            raise MapError(problems)
        before = sum(one.kind is None and not isinstance(one.style, Shade) for one in self.layers)
        usual = style or symbols.default_style(frame, symbols.kind_of(frame), dimension_of(frame), before)
        return self._with(frame, usual, name=name, popup=popup, label=label, group=group, show=show)

    def timeline(  # noqa: PLR0913 - all but the first two are keywords
        self,
        layer: gpd.GeoDataFrame,
        values: pd.Series | pd.DataFrame | None = None,
        *,
        on: object = None,
        column: str | None = None,
        name: str | None = None,
        scheme: Scheme | None = None,
        breaks: Sequence[float] | None = None,
        k: int = 5,
        palette: Palette | None = None,
        popup: Sequence[str] | Literal[False] | None = None,
        label: str | Literal[False] | None = None,
        group: str | None = None,
        show: bool = True,
    ) -> Map:
        """Return the map with a layer that changes from day to day, and a slider of the days.

        One slider serves all such layers; it starts on the last day. Colours, legend counts, labels, popups and the
        date in the title block follow it, and paper shows the day chosen. Classes and categories are those of all
        values of the table, so that a colour means the same on every day; the legend lists what is there on any of
        them, "no data" too. `breaks` keep their colours from map to map as well, as for `shade`.

        Parameters
        ----------
        layer
            Areas, with `values`; or plots, with `on`.
        values
            Numbers or words by id and day: a Series (or a DataFrame with `column`) with two levels of index, such as
            ``fringe.coverage(plots, zones, on=days)["covered_share"]``. Areas without a value have no data that day.
        on
            Days, in place of `values`: plots are drawn by their status on each, derived from their dates alone; plots
            that are not there yet are not drawn.
        column
            The column of `values`, or its meaning where a Series has no name.
        name, scheme, breaks, k, palette, popup, label, group, show
            As for `shade`.

        Raises
        ------
        MapError
            If the table or the days cannot be read, the table names areas the layer has not, or options are unknown.

        Examples
        --------
        >>> from shapely import box
        >>> zones = gpd.GeoDataFrame(
        ...     {"name": ["West", "East"]}, index=pd.Index(["A", "B"], name="zone"),
        ...     geometry=[box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01)], crs="EPSG:4326",
        ... )
        >>> index = pd.MultiIndex.from_product([["A", "B"], ["2020-01-06", "2020-01-13"]], names=["zone", "date"])
        >>> table = pd.Series([0.1, 0.3, 0.2, 0.2], index=index, name="covered_share")
        >>> Map("A season", lang="en").timeline(zones, table).document()["days"]
        ['2020-01-06', '2020-01-13']
        """
        frame = drawable(layer)
        if (values is None) == (on is None):
            raise MapError(Problem("map_time_source", layer_of(frame)))
        if values is None:
            timed = timed_statuses(frame, on)
        elif frame.index.has_duplicates:
            twice = tuple(frame.index[frame.index.duplicated()].unique())
            raise MapError(Problem("map_time_index", layer_of(frame), twice))
        else:
            timed = timed_values(frame, values, column)
        frame[timed.column] = timed.last()
        if timed.items is not None and not many_kinds(frame, timed.column, self.lang):
            refuse(many_kinds(frame, timed.column, self.lang, timed.whole()), MapError)
        rest: dict[str, Any] = {"name": name, "popup": popup, "label": label, "group": group, "show": show}
        if values is None:
            return _timed(self.draw(frame, **rest), timed)
        shaded = self.shade(frame, timed.column, scheme=scheme, breaks=breaks, k=k, palette=palette, **rest)
        return _timed(shaded, timed)

    def bivariate(  # noqa: PLR0913 - all but the first three are keywords
        self,
        zones: gpd.GeoDataFrame,
        across: str,
        up: str,
        *,
        breaks: tuple[Sequence[float] | None, Sequence[float] | None] = (None, None),
        name: str | None = None,
        popup: Sequence[str] | Literal[False] | None = None,
        label: str | Literal[False] | None = None,
        group: str | None = None,
        show: bool = True,
    ) -> Map:
        """Return the map with areas coloured by two columns at once, such as coverage and progress.

        Each column has up to three classes; the legend is a square of nine colours with the number of areas in each.
        An area without one of the two figures has no data.

        Parameters
        ----------
        zones
            Areas in any coordinate system, with both columns.
        across, up
            Columns of numbers: what grows to the right of the square, and what grows upwards.
        breaks
            The edges of the classes of each, two to four rising numbers in the column's own unit, so that colours mean
            the same on every map (the classes at the ends hold what lies beyond them); `None`: a third of the areas in
            each class.
        name, popup, label, group, show
            As for `shade`.

        Raises
        ------
        MapError
            If columns are unknown or no numbers, breaks do not rise or are too many.

        Examples
        --------
        >>> from shapely import box
        >>> zones = gpd.GeoDataFrame(
        ...     {"covered_share": [0.1, 0.5], "progress_share": [0.9, 0.2]}, index=pd.Index(["A", "B"], name="zone"),
        ...     geometry=[box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01)], crs="EPSG:4326",
        ... )
        >>> edges = (0, 0.3, 0.6, 1)
        >>> Map("Both", lang="en").bivariate(zones, "covered_share", "progress_share", breaks=(edges, edges))
        <Map 'Both': Coverage × Progress>
        """
        frame = drawable(zones)
        problems = [*missing_details(frame, popup, label, self.lang), *not_areas(frame)]
        for column, edges in zip((across, up), breaks, strict=True):
            absent = missing(frame, column, "map.role_shade", self.lang)
            problems += absent or wrong_options(frame, "equal", "slate", edges, MOST)
            if not absent and (column not in frame or not pd.api.types.is_numeric_dtype(frame[column])):
                problems.append(Problem("map_no_numbers", layer_of(frame), params={"name": column}))
            if edges is not None and len(edges) > MOST + 1:
                problems.append(Problem("map_too_many_breaks", layer_of(frame), params={"value": list(edges)}))
        if problems:
            raise MapError(problems)
        pair = [None if edges is None else tuple(float(edge) for edge in edges) for edges in breaks]
        style = Bivariate(across, "fixed", pair[0], MOST, up=up, up_breaks=pair[1])
        return self._with(frame, style, name=name, popup=popup, label=label, group=group, show=show)

    def details(
        self,
        *,
        curves: pd.DataFrame | None = None,
        photos: str | Mapping[Hashable, Any] | pd.Series | None = None,
        filters: Sequence[str] | Literal[False] | None = None,
    ) -> Map:
        """Return the map whose last layer tells more: curves and photographs in its popups, columns of the filter.

        Parameters
        ----------
        curves
            Figures by id and day, such as ``fringe.s_curve(tasks, reports, by="zone")``; drawn as lines in the popup of
            each row, plans dashed.
        photos
            Files by id, or the column that names them (one path, or several, in a row). They are made small, turned
            upright and written anew as JPEG: what the camera noted of place, time and owner is left out.
        filters
            Columns of the filter; `None`: those of the popup that hold few different words; `False`: none.

        Raises
        ------
        MapError
            If there is no layer, columns are unknown, the table is none by id and day, or files are no photographs or
            too much for one page: all of them, by name.

        Examples
        --------
        >>> from shapely import box
        >>> zones = gpd.GeoDataFrame(
        ...     {"covered_share": [0.1, 0.5], "kind": ["pilot", "ordinary"]}, index=pd.Index(["A", "B"], name="zone"),
        ...     geometry=[box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01)], crs="EPSG:4326",
        ... )
        >>> sheet = Map("Green", lang="en").shade(zones, "covered_share").details(filters=["kind"])
        >>> sheet.layers[-1].details.filters
        ('kind',)
        """
        if not self.layers:
            raise MapError(Problem("map_no_layer", "map"))
        layer = self.layers[-1]
        frame, kind, found = layer.frame, layer_of(layer.frame), layer.details
        named = (filters,) if isinstance(filters, str) else filters
        wanted = [*(named or ()), *([photos] if isinstance(photos, str) else [])]
        problems = [problem for name in wanted for problem in missing(frame, name, "map.role_popup", self.lang)]
        if problems:
            raise MapError(problems)
        if named is not None:
            found = replace(found, filters=tuple(named or ()))
        if curves is not None:
            found = replace(found, curves=curves_of(curves, kind, frame.index))
        if photos is not None:
            files = frame[photos] if isinstance(photos, str) else photos
            found = replace(found, photos=photos_of(files, kind, frame.index))
        return replace(self, layers=(*self.layers[:-1], replace(layer, details=found)))

    def chainage(self, posts: gpd.GeoDataFrame) -> Map:
        """Return the map whose search finds chainage along railways, such as K12+300.

        Parameters
        ----------
        posts
            Points with `line` and `km`, as ``fringe.chainage(rail, step_m=100)`` returns them: the closer they stand,
            the closer a place between two of them is to the track. They are not drawn.

        Raises
        ------
        MapError
            If they are no such points.
        """
        return replace(self, posts=posts_of(posts))

    def compare(self, before: Map, after: Map, *, mode: Mode = "swipe") -> Map:
        """Return the map with two states of the same place to compare; its own layers are drawn on both sides.

        Where both states shade a column in the same way, their classes are made for the values of both, so that a
        colour means the same on both sides, and they share a legend with two counts.

        Parameters
        ----------
        before, after
            Maps with a layer or more. Their titles and dates name the sides; what else stands in their title blocks
            is not shown.
        mode
            ``swipe``: one map with a divider that is dragged, or moved with the arrow keys; ``side``: two maps that
            move together.

        Raises
        ------
        MapError
            If one is no map, has no layer or is a comparison itself, or the mode is unknown.

        Examples
        --------
        >>> from shapely import box
        >>> zones = gpd.GeoDataFrame({"name": ["West"], "covered_share": [0.2]}, index=pd.Index(["A"], name="zone"),
        ...     geometry=[box(0, 0, 0.01, 0.01)], crs="EPSG:4326")
        >>> one = Map("", date="2019-11-01").shade(zones, "covered_share")
        >>> two = Map("", date="2020-04-01").shade(zones.assign(covered_share=0.7), "covered_share")
        >>> Map("A winter", lang="en").compare(one, two).document()["compare"]["after"]
        {'name': 'After', 'day': '2020-04-01'}
        """
        layers, comparison = compare_maps(self, before, after, mode)
        basemaps = sided(self.basemaps, [("before", before.basemaps), ("after", after.basemaps)])
        return replace(self, layers=(*layers, *self.layers), comparison=comparison, basemaps=basemaps)

    def basemap(  # noqa: PLR0913 - all but the first two are keywords
        self,
        source: object,
        *,
        name: str | None = None,
        datum: Datum | None = None,
        crs: object = None,
        attribution: str | None = None,
        opacity: float = 1.0,
        show: bool = True,
        max_mb: float = MAX_MB,
        embed_key: bool = False,
    ) -> Map:
        """Return the map with a basemap under its layers.

        Areas let it show through while it is seen. Several may be added; the last lies on top. Pictures and tiles of a
        file are cut to the map's first view and embedded; an online basemap is asked for by the page when it is opened
        with a network, and leaves the map as it is without one.

        Parameters
        ----------
        source
            A GeoTIFF; a PNG, JPEG or WebP with a world file; a ``.pmtiles`` or ``.mbtiles`` extract, of pictures or of
            vectors. Or online tiles: ``"tianditu"``, ``"tianditu-imagery"``, ``"tianditu-terrain"``, a name of
            xyzservices such as ``"OpenStreetMap.Mapnik"``, one of its providers, or an address with ``{z}``, ``{x}``
            and ``{y}``.
        name
            For the legend; `None`: the file's or the provider's own.
        datum
            ``"wgs84"`` (CGCS2000 too) or ``"gcj02"``; `None`: that of the provider, else ``"wgs84"``. Under GCJ-02 the
            page draws a shifted copy of the layers and says so.
        crs
            The coordinate system of a picture whose file does not state it.
        attribution
            Stands among the sources; `None`: what the file or provider says.
        opacity
            0 to 1.
        show
            Whether it is seen at first.
        max_mb
            How many megabytes of the page it may take; pictures become coarser, and zooms are left out, until they fit.
        embed_key
            Whether the key to an online provider is written into the page, where every reader can see it. Otherwise
            the page asks for it, or takes it from its address (``meeting.html#tk=…``). Tianditu's is read from the
            environment variable FRINGE_TIANDITU_KEY; pictures and PDFs made here use it without keeping it.

        Raises
        ------
        MapError
            If there is no such file or provider, it cannot be used, its datum is another than that of the basemaps
            there are, or options are out of range.

        Examples
        --------
        >>> Map("Green cover", lang="en").basemap("Gaode.Normal").basemaps[0].datum
        'gcj02'
        """
        own: dict[str, Any] = {"name": name, "attribution": attribution, "opacity": opacity, "show": show}
        made = basemap_of(source, crs=crs, datum=datum, max_mb=max_mb, embed_key=embed_key, **own)
        return replace(self, basemaps=added(self.basemaps, made, self.lang))

    def _with(
        self,
        frame: gpd.GeoDataFrame,
        style: Style | Shade,
        *,
        popup: Sequence[str] | Literal[False] | None,
        label: str | Literal[False] | None,
        **rest: Any,
    ) -> Map:
        kind = symbols.kind_of(frame)
        named = (popup,) if isinstance(popup, str) else popup
        columns = default_popup(frame, kind) if named is None else tuple(named or ())
        shaded = isinstance(style, Shade)
        usual = "name" if "name" in frame and (shaded or kind in LABELLED_KINDS) else None
        if usual is None and shaded:
            usual = str(frame.index.name)
        text = usual if label is None else (label or None)
        made = Layer(frame=frame, style=style, kind=kind, popup=columns, label=text, **rest)
        goes_by = made.unnamed()
        alike = sum(goes_by is not None and one.unnamed() == goes_by for one in self.layers)
        return replace(self, layers=(*self.layers, replace(made, number=1 + alike)))

    def document(self) -> dict[str, Any]:
        """Return what the page shows, as plain data.

        Raises
        ------
        MapError
            If no layer has a feature.
        """
        return describe_map(self)

    def to_folium(self) -> OfflineMap:
        """Return a `folium.Map`, open to Folium's own elements; its save and repr are self-contained too."""
        from fringe.maps.elements import OfflineMap

        return OfflineMap(self.document(), title=self.title)

    def save(self, path: str | Path) -> Path:
        """Write the map as one HTML page that needs no network, and return the path.

        Raises
        ------
        MapError
            If nothing can be drawn or the file cannot be written.
        """
        from fringe.maps.offline import write_page

        return write_page(self.to_folium().get_root().render(), Path(path))

    def to_pdf(self, path: str | Path, *, size: Paper = "A4") -> Path:
        """Write the map as one landscape sheet, as a browser prints it, and return the path.

        Parameters
        ----------
        path
            Of the PDF.
        size
            ``"A4"`` or ``"A3"``.

        Raises
        ------
        MapError
            If nothing can be drawn, the file cannot be written, or this machine has no Chromium, Chrome or Edge
            (`FRINGE_BROWSER` names one that stands elsewhere). `to_static` needs none.
        """
        from fringe.maps import pictures

        pictures.check_paper(size)
        return pictures.print_pdf(self._page(size), Path(path), size)

    def to_png(self, path: str | Path, *, width: int = 1600, height: int = 1000, scale: float = 1.0) -> Path:
        """Write a picture of the map's first view, and return the path.

        Parameters
        ----------
        path
            Of the PNG.
        width, height
            Of the window, in CSS pixels; below 720 wide the map is laid out as on a phone.
        scale
            Pixels of the picture per CSS pixel: 2 for slides.

        Raises
        ------
        MapError
            As for `to_pdf`, or if no browser makes a picture of this size.
        """
        from fringe.maps import pictures

        return pictures.take_picture(self._page(), Path(path), width=width, height=height, scale=scale)

    def to_static(
        self, path: str | Path, *, size: Paper = "A4", dpi: int = 200, font: str | Path | None = None
    ) -> Path:
        """Write the map as one landscape sheet drawn by matplotlib (extra ``static``), and return the path.

        It looks as the page does on paper, and needs no browser. Timed layers show their last day. A name that would
        cover a point or another name is left away, and the ends of very long texts and legends are cut short.

        Parameters
        ----------
        path
            Ends in ``.png``, ``.pdf`` or ``.svg``.
        size
            ``"A4"`` or ``"A3"``.
        dpi
            Dots per inch of a PNG.
        font
            A font file or an installed family; `None`: the first that has Chinese signs, if there are any to write.

        Raises
        ------
        MapError
            If nothing can be drawn, matplotlib or a font is missing, or the file cannot be written.
        """
        from fringe.maps.static import write_sheet

        return write_sheet(self, Path(path), size=size, dpi=dpi, font=font)

    def _page(self, paper: Paper = "A4") -> str:
        from fringe.maps.elements import OfflineMap

        # The page is thrown away once its picture is taken: keys may stand in it.
        document = describe_map(self, keyed=True)
        return str(OfflineMap(document, title=self.title, paper=paper).get_root().render())

    def _repr_html_(self) -> str:
        return str(self.to_folium()._repr_html_())


def _timed(sheet: Map, timed: Timed) -> Map:
    """Return a map with its last layer timed."""
    return replace(sheet, layers=(*sheet.layers[:-1], replace(sheet.layers[-1], timed=timed)))
