"""OpenStreetMap tags in the words of the layers: which tags count for a layer, and what their values mean.

A *tag* is a key and a value, written ``landuse=forest``. What is *counted* for a layer is a mapping of keys to values,
or to `True` for any value; the *kind* of an object in a layer is the first of its tags that counts there. The tables
are in ``osm_tags.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from fringe.errors import LayerError
from fringe.model.layers import RAIL, ROAD_CLASSES
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value

Tags = Mapping[str, str]
# What a user may give: {"plots": {"landuse": ["forest"], "leisure": True}}.
TagChoice = Mapping[str, Mapping[str, "bool | str | Iterable[str]"]]
LINE_LAYERS = ("roads", "rail")
AREA_LAYERS = ("villages", "plots", "land", "water", "buildings")
HIGH_SPEED_RULE = "RAIL-107"
"""The design speed from which a line is a high-speed one."""

_RAIL_CLASSES = frozenset(next(column.values for column in RAIL.columns if column.name == "rail_class"))
_YES = frozenset({"yes", "true", "1"})
_ROUND = frozenset({"roundabout", "circular"})
_ONE_WAY = _YES | {"-1"}
_LENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|metres?|meters?|米|cm|ft|feet|')?", re.IGNORECASE)
_TO_M = {"c": 0.01, "f": 0.3048, "'": 0.3048}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph)?", re.IGNORECASE)
_KMH_PER_MPH = 1.609344
# National numbers of Chinese roads: a letter for who keeps the road, then digits, as in G4, S312, X047, Y012 or G107A.
_CHINESE_REF = re.compile(r"\s*([GSXYC])\s*\d{1,4}[A-Z]?\s*", re.IGNORECASE)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files("fringe.io").joinpath("osm_tags.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Counted:
    """Which tags count, by layer and key; `None` stands for any value.

    Parameters
    ----------
    by_layer
        Layer to keys to values.
    """

    by_layer: Mapping[str, Mapping[str, frozenset[str] | None]]

    def kind(self, layer: str, tags: Tags) -> str | None:
        """Return the first tag that counts for a layer, or `None`."""
        for key, values in self.by_layer[layer].items():
            value = tags.get(key)
            if value is not None and (value in values if values is not None else value != "no"):
                return f"{key}={value}"
        return None

    def areal(self, tags: Tags) -> list[tuple[str, str]]:
        """Return the layers of areas that take an object, and its kind in each."""
        kinds = ((layer, self.kind(layer, tags)) for layer in AREA_LAYERS)
        return [(layer, kind) for layer, kind in kinds if kind is not None]

    def keys(self, layer: str) -> tuple[str, ...]:
        """Return the keys that count for a layer."""
        return tuple(self.by_layer[layer])


def counted(tags: TagChoice | None = None) -> Counted:
    """Return which tags count: the library's choice, with whole layers replaced by the user's.

    Examples
    --------
    >>> found = counted({"roads": {"highway": True}})
    >>> found.kind("roads", {"highway": "proposed"}), found.kind("plots", {"leisure": "park"})
    ('highway=proposed', 'leisure=park')
    """
    own: dict[str, Mapping[str, Any]] = dict(_tables()["counted"])
    problems: list[Problem] = []
    for layer, choice in (tags or {}).items():
        if layer not in own:
            near = get_close_matches(str(layer), own, n=1)
            params = {"value": layer, "allowed": ", ".join(own), "hint": near[0] if near else ""}
            problems.append(Problem("osm_tags_layer", "tags", params=params))
            continue
        problems += _misused(layer, choice)
        own[layer] = choice
    refuse(problems, LayerError)
    return Counted({layer: {key: _values(values) for key, values in choice.items()} for layer, choice in own.items()})


def _misused(layer: str, choice: object) -> list[Problem]:
    """Return the problem of a choice that is no mapping of keys to values."""
    fine = isinstance(choice, Mapping) and all(
        values is True
        or isinstance(values, str)
        or (isinstance(values, Iterable) and all(isinstance(item, str) for item in values))
        for values in choice.values()
    )
    return [] if fine else [Problem("osm_tags_value", layer, params={"value": repr(choice)})]


def _values(values: bool | str | Iterable[str]) -> frozenset[str] | None:  # noqa: FBT001 - as the user writes it
    if isinstance(values, bool):
        return None
    return frozenset([values] if isinstance(values, str) else values)


def main_tag(tags: Tags) -> str | None:
    """Return the tag that says best what an object is, or `None` where none does.

    Examples
    --------
    >>> main_tag({"name": "Depot", "building": "yes"}), main_tag({"FIXME": "what is this?"})
    ('building=yes', None)
    """
    key = next((key for key in _tables()["feature_keys"] if key in tags), None)
    return None if key is None else f"{key}={tags[key]}"


def kept(tags: Tags) -> dict[str, str]:
    """Return the tags that columns are made of; a country has millions of others."""
    return {key: tags[key] for key in _tables()["kept_keys"] if key in tags}


def is_silent(tags: Tags) -> bool:
    """Return whether a relation's tags say nothing at all of it."""
    return all(key in _tables()["silent_keys"] for key in tags)


def is_linear(kind: str) -> bool:
    """Return whether a tag makes a line even of a closed way."""
    return kind in _tables()["linear"]


def areal_tag(tags: Tags) -> str | None:
    """Return the tag that makes an area of a closed road or railway, or `None` if it is a line.

    Examples
    --------
    >>> areal_tag({"highway": "pedestrian", "area": "yes"}), areal_tag({"highway": "primary", "junction": "roundabout"})
    ('area=yes', None)
    """
    if tags.get("area") in ("yes", "no"):
        return "area=yes" if tags["area"] == "yes" else None
    if tags.get("junction") in _ROUND:
        return None
    key = next((key for key in _tables()["areal_keys"] if key in tags), None)
    return None if key is None else f"{key}={tags[key]}"


def levels_of(column: str) -> list[int]:
    """Return the administrative levels a zone's ``township`` or ``district`` may have, the nearest first."""
    return list(_tables()["levels"][column])


def admin_level(tags: Tags) -> int | None:
    """Return the level of an administrative area, or `None` for anything else."""
    level = tags.get("admin_level", "")
    return int(level) if tags.get("boundary") == "administrative" and level.isdecimal() else None


def green_class(kind: str) -> str | None:
    """Return the green-space class a tag stands for."""
    found: str | None = _tables()["green_class"].get(kind)
    return found


def road_class(kind: str, tags: Tags) -> tuple[str, bool]:
    """Return the road class, and whether the value is one the tables know.

    A road under construction or proposed has the class it will have.

    Examples
    --------
    >>> road_class("highway=trunk_link", {}), road_class("highway=construction", {"construction": "primary"})
    (('trunk', True), ('primary', True))
    """
    value = kind.partition("=")[2]
    value = tags.get(value, value) if value in ("construction", "proposed", "disused", "abandoned") else value
    base = value.removesuffix("_link")
    if base in ROAD_CLASSES:
        return base, True
    own: str | None = _tables()["road_class"].get(base)
    return own or "unclassified", own is not None


def is_link(tags: Tags) -> bool:
    """Return whether a road is a slip road."""
    return tags.get("highway", "").endswith("_link")


def is_dual(tags: Tags) -> bool:
    """Return whether a line is one carriageway of a road drawn as two.

    So are motorways unless tagged otherwise, one-way trunk roads, and what is tagged ``dual_carriageway=yes``. Slip
    roads and roundabouts are not; nor are other one-way streets, most of which are single.
    """
    if is_link(tags) or tags.get("junction") in _ROUND:
        return False
    if "dual_carriageway" in tags:
        return tags["dual_carriageway"] in _YES
    one_way = tags.get("oneway")
    if tags.get("highway") == "motorway":
        return one_way != "no"
    return tags.get("highway") == "trunk" and one_way in _ONE_WAY


def admin_class(ref: str | None) -> str | None:
    """Return the administrative class of a Chinese road number, the highest where there are several.

    Examples
    --------
    >>> admin_class("X047;G107"), admin_class("A13")
    ('G', None)
    """
    found = {match[1].upper() for part in (ref or "").split(";") if (match := _CHINESE_REF.fullmatch(part))}
    return next((letter for letter in "GSXYC" if letter in found), None)


def metres(text: str | None) -> float | None:
    """Return a width in m, or `None` where the text is no single width.

    Examples
    --------
    >>> metres("3,5 m"), metres("10'"), metres("2-3")
    (3.5, 3.048, None)
    """
    match = _LENGTH.fullmatch((text or "").strip())
    if match is None:
        return None
    factor = _TO_M.get((match[2] or "m")[0].lower(), 1.0)
    return round(float(match[1].replace(",", ".")) * factor, 6)


def number(text: str | None) -> float | None:
    """Return a count such as a population, or `None` where the text is none.

    Examples
    --------
    >>> number("1 234"), number("ca. 500")
    (1234.0, None)
    """
    bare = re.sub(r"[\s,']", "", text or "")
    return float(bare) if bare.isascii() and bare.isdecimal() else None


def rail_class(tags: Tags) -> str:
    """Return the class of a railway; one out of use or under construction has that of what it was or will be.

    High-speed is what says so (``highspeed=yes``), or runs at the speed of rule RAIL-107 or more and does not deny it.

    Examples
    --------
    >>> rail_class({"railway": "rail", "maxspeed": "300"})
    'high_speed'
    >>> rail_class({"railway": "construction", "construction": "subway"})
    'metro'
    """
    state = tags.get("railway", "")
    value = tags.get(f"{state}:railway") or tags.get(state) or tags.get("railway:type") or state
    found = str(_tables()["rail_class"].get(value, "conventional"))
    if found != "conventional":
        return found if found in _RAIL_CLASSES else "conventional"
    if "highspeed" in tags:
        return "high_speed" if tags["highspeed"] in _YES else found
    match = _SPEED.match(tags.get("maxspeed", ""))
    kmh = float(match[1]) * (_KMH_PER_MPH if match[2] else 1) if match else 0
    return "high_speed" if kmh >= rule_value(HIGH_SPEED_RULE) else found


def rail_state(tags: Tags) -> str:
    """Return whether a railway is in use, under construction or disused."""
    value = tags.get("railway")
    if value in ("construction", "proposed"):
        return "construction"
    return "disused" if value in ("disused", "abandoned", "razed", "dismantled") else "in_use"


def structure(tags: Tags) -> str | None:
    """Return what carries a railway: bridge, tunnel, embankment or cutting, else `None` for the ground."""
    for key in ("bridge", "tunnel", "embankment", "cutting"):
        if tags.get(key, "no") != "no":
            return key
    return None
