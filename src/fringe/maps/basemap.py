"""Basemaps: what lies under the study's own layers.

A basemap is a georeferenced *picture* or an *archive* of tiles, whose part around the map is embedded in the page
within a cap of megabytes, or an *online* provider, which is asked only because somebody opted for it. Without any, the
study's own roads, railways, water and villages are the base map.

Pictures and tiles lie in a datum that nobody can undo. On a map whose basemap lies in GCJ-02 the study's own layers are
therefore shifted: a *display copy* of them, never to be measured, which the sheet says. Vector tiles are layers like
others and come to the datum of the map.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fringe.errors import FringeError, MapError
from fringe.io import picture as pictures
from fringe.io import tiles
from fringe.io.picture import Picture, describe_picture
from fringe.io.tiles import Archive, describe_archive
from fringe.maps.online import Online, examples, is_template, provider_of
from fringe.model.problem import Problem

Datum = Literal["wgs84", "gcj02"]
DATUMS = ("wgs84", "gcj02")
VECTORS = "mvt"
MAX_MB = 6.0
"""How much of a page a basemap may be, unless another cap is asked for."""
_MOST_MB = 200.0


@dataclass(frozen=True)
class Basemap:
    """One basemap of a map. Made by `Map.basemap`, which checks what it is given.

    Parameters
    ----------
    source
        A picture, an archive of tiles, or a provider.
    name
        For the legend; `None`: the file's or the provider's own.
    datum
        ``"wgs84"`` or ``"gcj02"``.
    attribution
        Where it comes from; `None`: what the source says of itself.
    opacity
        0 to 1.
    show
        Whether it is seen at first.
    max_mb
        How much of the page it may be.
    embed_key
        Whether a provider's key is written into the page.
    side
        ``"before"`` or ``"after"`` in a comparison; `None`: on both sides.
    """

    source: Picture | Archive | Online
    name: str | None = None
    datum: Datum = "wgs84"
    attribution: str | None = None
    opacity: float = 1.0
    show: bool = True
    max_mb: float = MAX_MB
    embed_key: bool = False
    side: str | None = None

    @property
    def is_vector(self) -> bool:
        """Whether it becomes layers: those can be moved from datum to datum, pictures cannot."""
        return isinstance(self.source, Archive) and self.source.holds == VECTORS

    def title(self, lang: str | None) -> str:
        """Return its name for the legend."""
        if self.name is not None:
            return self.name
        return self.source.title(lang) if isinstance(self.source, Online) else self.source.path.stem

    def credit(self, lang: str | None) -> str:
        """Return where it comes from, for the sources of the sheet."""
        if self.attribution is not None:
            return self.attribution
        if isinstance(self.source, Online):
            return self.source.credit(lang)
        return self.source.attribution if isinstance(self.source, Archive) else ""


def basemap_of(source: object, *, crs: object, datum: str | None, **rest: Any) -> Basemap:
    """Return the basemap that a source means.

    Parameters
    ----------
    source
        See `Map.basemap`.
    crs
        Of a picture, instead of the one that its file states.
    datum
        `None`: the provider's, else WGS 84.
    rest
        The other parts of `Basemap`.

    Raises
    ------
    MapError
        If there is no such file or provider, it cannot be used, or options are out of range: all at once.
    """
    problems = _wrong_options(datum, rest)
    found: Picture | Archive | Online | None = None
    try:
        found = _source_of(source, crs)
    except FringeError as error:
        problems += list(error.problems)  # type: ignore[arg-type]
    if isinstance(found, Online):
        problems += _wrong_provider(found, datum, embed_key=bool(rest["embed_key"]))
    elif rest["embed_key"]:
        problems.append(Problem("map_basemap_no_key", "map", params={"value": str(source)}))
    if problems:
        raise MapError(problems)
    assert found is not None  # noqa: S101 - else there is a problem
    known = found.datum if isinstance(found, Online) else None
    return Basemap(found, datum=datum or known or "wgs84", **rest)  # type: ignore[arg-type]


def _source_of(source: object, crs: object) -> Picture | Archive | Online:
    if isinstance(source, str | os.PathLike) and not is_template(source):
        path = Path(source)
        suffix = path.suffix.lower()
        if suffix in tiles.SUFFIXES:
            return describe_archive(path)
        if suffix in pictures.SUFFIXES or path.is_file():
            return describe_picture(path, crs)
    found = provider_of(source)
    if found is None:
        endings = ", ".join((*pictures.SUFFIXES[:6], *tiles.SUFFIXES))
        params = {"value": str(source), "endings": endings, "allowed": examples()}
        raise MapError(Problem("map_basemap_unknown", "map", params=params))
    return found


def _wrong_options(datum: str | None, rest: dict[str, Any]) -> list[Problem]:
    found = []
    if datum == "bd09":
        found.append(Problem("map_basemap_baidu", "map"))
    elif datum is not None and datum not in DATUMS:
        params = {"option": "datum", "value": datum, "allowed": ", ".join(DATUMS)}
        found.append(Problem("map_option_unknown", "map", params=params))
    for option, most in (("opacity", 1.0), ("max_mb", _MOST_MB)):
        value = rest[option]
        if not isinstance(value, int | float) or not 0 < value <= most or not math.isfinite(value):
            params = {"option": option, "value": value, "most": f"{most:g}"}
            found.append(Problem("map_basemap_range", "map", params=params))
    return found


def _wrong_provider(provider: Online, datum: str | None, *, embed_key: bool) -> list[Problem]:
    known, found = provider.datum, []
    if known == "bd09":
        found.append(Problem("map_basemap_baidu", "map"))
    elif datum in DATUMS and known is not None and datum != known:
        params = {"value": datum, "known": known, "host": provider.hosts[0]}
        found.append(Problem("map_basemap_datum", "map", params=params))
    if provider.holds_key and not embed_key:
        found.append(Problem("map_basemap_key_in_address", "map", params={"name": provider.name}))
    if embed_key and provider.variable is None and not provider.holds_key:
        found.append(Problem("map_basemap_no_key", "map", params={"value": provider.name}))
    if embed_key and provider.variable is not None and not os.environ.get(provider.variable):
        found.append(Problem("map_basemap_key_missing", "map", params={"variable": provider.variable}))
    return found


def datum_of(basemaps: Sequence[Basemap], lang: str | None = None) -> Datum:
    """Return the datum that a map with these basemaps is drawn in.

    Raises
    ------
    MapError
        If pictures or tiles of two datums would lie over each other.
    """
    fixed = [each for each in basemaps if not each.is_vector]
    found = list(dict.fromkeys(each.datum for each in fixed))
    if len(found) > 1:
        named = "; ".join(f"{each.title(lang)}: {each.datum}" for each in fixed)
        raise MapError(Problem("map_basemap_datums", "map", params={"value": named}))
    return found[0] if found else "wgs84"


def added(basemaps: tuple[Basemap, ...], made: Basemap, lang: str | None) -> tuple[Basemap, ...]:
    """Return basemaps with one more, which lies over the others.

    Raises
    ------
    MapError
        If their datums differ.
    """
    found = (*basemaps, made)
    datum_of(found, lang)
    return found


def sided(basemaps: Sequence[Basemap], pair: Sequence[tuple[str, Sequence[Basemap]]]) -> tuple[Basemap, ...]:
    """Return the basemaps of a comparison: its own and those both states share on both sides, the others on one."""
    from dataclasses import replace

    (_, one), (_, two) = pair
    both = [*basemaps, *(each for each in one if each in two and each not in basemaps)]
    own = [replace(each, side=side) for side, found in pair for each in found if each not in both]
    found = (*both, *own)
    datum_of(found)
    return found
