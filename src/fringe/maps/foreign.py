"""Folium's own elements on an offline page: what of theirs is put inside, and what is refused.

An element asks for files of its own by *links* in the head of the page, or its markup and scripts hold *addresses* that
would be fetched. A file that is *vendored* here is told by its name, whatever host and version a link names, and put
inside. All else is refused: one problem for each kind of element, called as the user calls it, with all it asks for
and what to use instead.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Any

import branca.element
import folium
import folium.plugins
from branca.colormap import ColorMap
from branca.element import CssLink, Element, Figure, JavascriptLink

from fringe.errors import MapError
from fringe.model.problem import Problem

# Names of files, without version and marks of their making, and the vendored files that stand for them; of what every
# page has, or has where it is called, nothing is added.
_VENDORED = {
    "leaflet.markercluster.js": "leaflet.markercluster.js",
    "markercluster.css": "MarkerCluster.css",
    "markercluster.default.css": "MarkerCluster.Default.css",
    "leaflet.js": "",
    "leaflet.css": "",
    "jquery.js": "",
}
_MAKING = re.compile(r"(?:[-.@]v?\d[\w.]*?)?(?:[-.](?:min|src|slim))*(?=\.(?:js|css)$)")
# Folium's usual marker of a fast cluster asks a library of icons for one without any wish; Leaflet's own will do.
_PLAIN_ICON = re.compile(r"\bL\.AwesomeMarkers\.icon\(\s*\)")
_ICON = re.compile(r"\bL\.AwesomeMarkers\b")
_PLAIN_ICONS = "L.AwesomeMarkers={icon:function(){return new L.Icon.Default()}};"
_ICON_FILES = "leaflet.awesome-markers.js"
_URL = r"""((?:https?:)?//[^\s"'`\\<>)]+)"""
# Where an address is fetched, not followed: pictures of markers, overlays, sources in markup, style sheets, requests.
_FETCHED = tuple(
    re.compile(before + _URL, re.IGNORECASE)
    for before in (
        r"""(?:icon|iconRetina|shadow|shadowRetina)Url["']?\s*:\s*["']""",
        r"""\bL\.(?:imageOverlay|videoOverlay|svgOverlay)\(\s*\[?\s*["']""",
        r"""\b(?:src|srcset|poster|background)\s*=\s*\\?["']?""",
        r"""<(?:link|image|use)\b[^>]*?href\s*=\s*\\?["']?""",
        r"""\burl\(\s*\\?["']?""",
        r"""@import\s+["']?""",
        r"""\b(?:fetch|getJSON|ajax|get|json|csv)\(\s*["']""",
    )
)
_ESCAPE = re.compile(r"\\u00([0-9a-fA-F]{2})")
FRAME = re.compile(r"""data:text/html[^"',>]*;base64,([A-Za-z0-9+/=]+)""")
"""A page within the page, as branca's IFrame writes it."""

# What to use instead, by the names of classes.
_INSTEAD = {
    **dict.fromkeys(("Icon", "BeautifyIcon"), "map_asset_icon"),
    **dict.fromkeys(("Fullscreen", "MeasureControl", "Search"), "map_asset_own"),
    **dict.fromkeys(("Choropleth", "ColorMap", "LinearColormap", "StepColormap"), "map_asset_shade"),
    **dict.fromkeys(("HeatMap", "MarkerCluster", "FastMarkerCluster"), "map_asset_points"),
    **dict.fromkeys(
        ("HeatMapWithTime", "TimestampedGeoJson", "TimeSliderChoropleth", "Timeline", "TimelineSlider"),
        "map_asset_time",
    ),
    **dict.fromkeys(("DualMap", "SideBySideLayers"), "map_asset_compare"),
    "MiniMap": "map_asset_tiles",
}
_HOMES = ((folium, "folium"), (folium.plugins, "folium.plugins"), (folium.raster_layers, "folium.raster_layers"))
# What every map of Folium's links, whether it is called or not; a call of icons is seen in the scripts.
_USUAL = frozenset(url for _, url in (*folium.Map.default_js, *folium.Map.default_css))
# Made by an element for its own text, not by the user.
_WRAPPINGS = (branca.element.Html, branca.element.IFrame, Figure)


def vendored(root: Figure, script: str) -> tuple[list[str], list[str], str]:
    """Return the vendored scripts and style sheets that a page's links ask for, and a script needed before its own."""
    names = [_VENDORED.get(_plain_name(link.url)) for link in _links(root)]
    found = sorted({name for name in names if name})
    plain = _PLAIN_ICONS if _ICON.search(script) and not _ICON.search(_PLAIN_ICON.sub("", script)) else ""
    return [name for name in found if name.endswith(".js")], [name for name in found if name.endswith(".css")], plain


def _links(root: Figure) -> list[Any]:
    return [child for child in root.header._children.values() if isinstance(child, JavascriptLink | CssLink)]  # noqa: SLF001


def _plain_name(url: str) -> str:
    """Return the name of a file as the table has it.

    Examples
    --------
    >>> _plain_name("https://cdn.example.org/x@1.1.0/leaflet.markercluster-src.js?a=1")
    'leaflet.markercluster.js'
    >>> _plain_name("//cdn.example.org/jquery-3.7.1.min.js"), _plain_name("MarkerCluster.Default.css")
    ('jquery.js', 'markercluster.default.css')
    """
    return _MAKING.sub("", _file_name(url).lower(), count=1)


def _file_name(url: str) -> str:
    return re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]


def refuse_foreign(root: Figure, tree: list[Element], files: Iterable[str], text: str) -> None:
    """Refuse elements that need files from the internet.

    Parameters
    ----------
    root
        The page, rendered.
    tree
        All its elements.
    files
        What its markup asks for.
    text
        Its markup and scripts.

    Raises
    ------
    MapError
        If there are any: all of them, by name.
    """
    from folium.raster_layers import TileLayer, WmsTileLayer

    links = [link.url for link in _links(root) if _plain_name(link.url) not in _VENDORED and link.url not in _USUAL]
    # The host of a link is Folium's choice: its file tells more.
    owned = [(_owner(url, tree), _file_name(url) or url) for url in dict.fromkeys(links)]
    owned += [(_owner(url, tree), url) for url in dict.fromkeys((*files, *_addresses(text)))]
    if _ICON.search(_PLAIN_ICON.sub("", text)):
        owned.append(("folium.Icon", _ICON_FILES))
    found: dict[str, list[str]] = {}
    for name, url in owned:
        found.setdefault(name, []).append(url)
    problems = []
    for name, own in found.items():
        code = _INSTEAD.get(name.rpartition(".")[2], "map_asset")
        problems.append(Problem(code, "map", params={"element": name, "url": ", ".join(own)}))
    tiles = {(name_of(one), _tiles_of(one)) for one in tree if isinstance(one, TileLayer | WmsTileLayer)}
    problems += [Problem("map_tiles", "map", params={"element": one, "value": value}) for one, value in sorted(tiles)]
    if problems:
        raise MapError(problems)


def _tiles_of(element: Element) -> str:
    return str(getattr(element, "tile_name", None) or element.get_name())


def name_of(element: Element) -> str:
    """Return an element's class as the user writes it.

    Examples
    --------
    >>> name_of(folium.plugins.Fullscreen()), name_of(folium.DivIcon())
    ('folium.plugins.Fullscreen', 'folium.DivIcon')
    """
    kind = type(element)
    for home, name in _HOMES:
        if getattr(home, kind.__name__, None) is kind:
            return f"{name}.{kind.__name__}"
    return f"{kind.__module__}.{kind.__qualname__}"


def _owner(url: str, tree: list[Element]) -> str:
    """Return what the user added that asks for an address."""
    for element in tree:
        links = [*getattr(element, "default_js", ()), *getattr(element, "default_css", ())]
        if any(url == link for _, link in links):
            return name_of(element)
    for element in tree:
        if any(url in text for text in _own_texts(element)):
            return name_of(_added(element))
    # Scales of colours add their library to the page while they are rendered.
    scale = next((element for element in tree if isinstance(element, ColorMap)), None)
    if scale is not None and _plain_name(url) == "d3.js":
        return name_of(next((element for element in tree if isinstance(element, folium.Choropleth)), scale))
    return "folium"


def _own_texts(element: Element) -> Iterator[str]:
    """Yield the texts an element was given."""
    waiting = [part for name, part in vars(element).items() if name not in ("_parent", "_children")]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)


def _added(element: Element) -> Element:
    """Return the element itself, or what it is a wrapping or a text of."""
    while (isinstance(element, _WRAPPINGS) or type(element) is Element) and element._parent is not None:  # noqa: SLF001
        element = element._parent  # noqa: SLF001
    return element


def _addresses(text: str) -> Iterator[str]:
    """Yield the addresses on the internet that markup or scripts would fetch; a link to click on is none."""
    # In the texts of scripts marks stand as \\u0027.
    plain = _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), text)
    for pattern in _FETCHED:
        yield from (hit[1] for hit in pattern.finditer(plain))
    for hit in FRAME.finditer(text):
        yield from _addresses(base64.b64decode(hit[1]).decode("utf-8", errors="replace"))
