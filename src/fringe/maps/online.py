"""Online tiles: who offers them, where, in which datum, and with which key.

A *template* is an address with places for zoom, column and row. The *datum* of a provider is known by its host: most
lie in WGS 84 (CGCS2000 agrees with it to a metre), AMap, Tencent and Google's maps of China in GCJ-02; Baidu's lie in
BD-09 on a grid of their own and cannot be shown. A *key* admits a reader to a provider. It comes from the environment
and is not part of a provider: a page asks for it unless it was embedded on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fringe.errors import MapError
from fringe.io.tiles import plain
from fringe.model import words
from fringe.model.problem import Problem

KEY = "FRINGE_TIANDITU_KEY"
"""The environment variable that holds the key to Tianditu."""
TIANDITU: Mapping[str, tuple[str, str]] = {
    "tianditu": ("vec", "cva"),
    "tianditu-imagery": ("img", "cia"),
    "tianditu-terrain": ("ter", "cta"),
}
"""What is drawn, and the names over it."""
_TIANDITU_URL = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
)
_TIANDITU_MOST = 18
_GCJ02 = ("autonavi.com", "amap.com", "gaode.com", "gtimg.com", "gtimg.cn", "map.qq.com", "google.cn", "googleapis.cn")
# Outside China, where nothing is shifted, it makes no difference.
_GOOGLE = ("google.com", "googleapis.com")
_BD09 = ("baidu.com", "bdimg.com", "bdstatic.com")
# Known to answer on https where lists still say http.
_SECURE = ("autonavi.com",)
_KEYS = ("tk", "key", "ak", "token", "apikey", "api_key", "api-key", "appid", "accesstoken", "access_token")
_MOST_USUAL = 19
_PLACE = re.compile(r"\{([^{}]*)\}")
_OURS = {"z", "x", "y", "s", "key"}
_SCHEMES = ("http://", "https://")
_EXAMPLES = ("OpenStreetMap.Mapnik", "Esri.WorldImagery", "Gaode.Normal")


@dataclass(frozen=True)
class Online:
    """A provider of tiles.

    Parameters
    ----------
    name
        Of the provider.
    urls
        Templates with ``{z}``, ``{x}``, ``{y}``, and perhaps ``{s}`` and ``{key}``; drawn in this order.
    subdomains
        What ``{s}`` stands for, in turn.
    most
        The finest zoom.
    attribution
        Where the tiles come from, without markup; of Tianditu, a key of the word tables.
    variable
        The environment variable that holds the key; `None`: no key is needed.
    filled
        Whether the caller has filled a key into the address.
    """

    name: str
    urls: tuple[str, ...]
    subdomains: tuple[str, ...] = ()
    most: int = _MOST_USUAL
    attribution: str = ""
    variable: str | None = None
    filled: bool = False

    @property
    def hosts(self) -> tuple[str, ...]:
        """Scheme, host and port of all its addresses: what a page must be allowed to ask."""
        found = [url.replace("{s}", part) for url in self.urls for part in self.subdomains or ("",)]
        return tuple(dict.fromkeys("://".join(urlsplit(url)[:2]) for url in found))

    @property
    def datum(self) -> str | None:
        """The datum that is known of its hosts; `None` if they are not known."""
        names = [urlsplit(host).hostname or "" for host in self.hosts]
        imagery = any("lyrs=s" in url for url in self.urls)
        for datum, domains in (("bd09", _BD09), ("gcj02", _GCJ02), ("gcj02", () if imagery else _GOOGLE)):
            if any(_within(name, domains) for name in names):
                return datum
        return None

    @property
    def holds_key(self) -> bool:
        """Whether a key is written in its address."""
        given = [pair for url in self.urls for pair in parse_qsl(urlsplit(url).query)]
        return self.filled or any(name.lower() in _KEYS and not _PLACE.search(value) for name, value in given)

    def title(self, lang: str | None) -> str:
        """Return its name for the legend."""
        # Only our own names are keys: a provider of somebody else may be called like any word.
        return words.text(f"map.{self.name}", lang) if self.variable == KEY else self.name

    def credit(self, lang: str | None) -> str:
        """Return where the tiles come from."""
        return words.text(self.attribution, lang) if self.variable == KEY else self.attribution


def _within(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def provider_of(source: object) -> Online | None:
    """Return the provider that a name, a template or a `TileProvider` means; `None` for a name nobody has.

    Raises
    ------
    MapError
        If it needs a key that is not there, or its address cannot be used.

    Examples
    --------
    >>> provider_of("tianditu").hosts[0], provider_of("Gaode.Normal").datum, provider_of("no such")
    ('https://t0.tianditu.gov.cn', 'gcj02', None)
    """
    if isinstance(source, str):
        if source.lower() in TIANDITU:
            return _tianditu(source.lower())
        if source.lower().startswith(_SCHEMES):
            return _of_template(source)
        found = _named(source)
        return None if found is None else _of_provider(found, found)
    if isinstance(source, Mapping) and "url" in source:
        own = _named(str(source.get("name", "")))
        return _of_provider(source, own or source)
    return None


def is_template(source: object) -> bool:
    """Return whether a source is an address on the internet, whatever it lacks."""
    return isinstance(source, str) and source.lower().startswith(_SCHEMES)


def examples() -> str:
    """Return names that can be used, as a problem lists them."""
    return ", ".join((*TIANDITU, *_EXAMPLES))


def _tianditu(name: str) -> Online:
    urls = tuple(_TIANDITU_URL.format(layer=layer) for layer in TIANDITU[name])
    eight = tuple(str(n) for n in range(8))
    return Online(name.replace("-", "_"), urls, eight, _TIANDITU_MOST, "map.tianditu_source", KEY)


def _named(name: str) -> Mapping[str, Any] | None:
    import xyzservices.providers

    try:
        found: Mapping[str, Any] = xyzservices.providers.query_name(name)
    except ValueError:
        return None
    return found


def _of_template(url: str) -> Online:
    host = urlsplit(url).hostname or url
    return _checked(Online(host, (url,), tuple("abc") if "{s}" in url else ()))


def _of_provider(given: Mapping[str, Any], known: Mapping[str, Any]) -> Online:
    """Return a provider of xyzservices as ours; `known` is the same one as the list has it."""
    name = str(given.get("name") or "tiles")
    wanted = [part for part, value in given.items() if isinstance(value, str) and value.startswith("<insert")]
    if wanted:
        raise MapError(Problem("map_basemap_token", name, params={"value": ", ".join(wanted)}))
    filled = {part: str(value) for part, value in given.items() if part not in ("url", "subdomains", *_OURS)}
    url = _PLACE.sub(lambda hit: filled.get(hit[1], "" if hit[1] == "r" else hit[0]), str(given["url"]))
    if _within(urlsplit(url).hostname or "", _SECURE):
        url = url.replace("http://", "https://", 1)
    parts = given.get("subdomains") or "abc"
    made = Online(
        name,
        (url,),
        tuple(parts) if "{s}" in url else (),
        int(given.get("max_zoom") or _MOST_USUAL),
        plain(str(given.get("attribution") or "")),
        filled=any(isinstance(value, str) and value.startswith("<insert") for value in known.values()),
    )
    return _checked(made)


def _checked(made: Online) -> Online:
    places = {place for url in made.urls for place in _PLACE.findall(url)}
    strange = sorted(places - _OURS | {"key"} & places)
    if {"z", "x", "y"} - places or strange:
        params = {"value": made.urls[0], "strange": ", ".join(f"{{{place}}}" for place in strange) or "–"}
        raise MapError(Problem("map_basemap_template", made.name, params=params))
    return made
