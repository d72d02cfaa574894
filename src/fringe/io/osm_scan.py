"""One reading of an OpenStreetMap file: its objects sorted into layers, or set aside with the reason.

A *candidate* is a closed way with tags, or a relation of type multipolygon or boundary. Every candidate becomes a
*thing*, an object in a layer, or is left with a reason. An *outline* is a closed way that is the outer ring of a
multipolygon; a *bare* multipolygon has no tags and takes those of its outline, as was the custom until 2017. A relation
is *shaped* when its rings could be put together, for which all its ways must be in the file.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import shapely

from fringe.errors import LayerError
from fringe.io.osm_file import osm_file, present_ways
from fringe.io.osm_left import Left
from fringe.io.osm_tags import LINE_LAYERS, Counted, Tags, admin_level, areal_tag, is_linear, is_silent, kept, main_tag
from fringe.model.problem import Problem

LEVELS = "levels"
"""Where administrative areas of other levels are kept, to find what encloses a zone."""

_AREA_TYPES = ("multipolygon", "boundary")
_ROUTES = ("railway", "tracks", "tram", "subway", "light_rail")
_LINE_KEYS = {"roads": "highway", "rail": "railway"}


class Thing(NamedTuple):
    """An object of a layer: its id, the tag that counts there, its useful tags, its shape as WKB in hexadecimal."""

    osm_id: str
    kind: str
    tags: Tags
    shape: str


class Relation(NamedTuple):
    """An area relation: its tags, its outer and all its ways."""

    tags: Tags
    outer: tuple[int, ...]
    ways: tuple[int, ...]


class Route(NamedTuple):
    """A railway route: what kind, its name or number, its ways."""

    kind: str
    name: str
    ways: tuple[int, ...]


class Scan:
    """Objects of a file, as they are met; `finish` settles what depends on relations.

    Parameters
    ----------
    wanted
        Which tags count.
    level
        Administrative level of the zones.
    file
        Name of the file, for what belongs to no layer.
    """

    def __init__(self, wanted: Counted, level: int, file: str) -> None:
        import osmium

        self.things: dict[str, list[Thing]] = defaultdict(list)
        self.left = Left()
        self.routes: list[Route] = []
        self._wanted = wanted
        self._level = level
        self._file = file
        self._factory = osmium.geom.WKBFactory()
        self._no_place = osmium.InvalidLocationError
        # Closed ways whose area has not come yet: tags, layers, whether points are missing.
        self._pending: dict[int, tuple[Tags, list[tuple[str, str]], bool]] = {}
        self._relations: dict[int, Relation] = {}
        self._shaped: set[int] = set()
        self._placed: set[int] = set()
        self._bare: dict[int, str] = {}

    def node(self, node: Any) -> None:
        """Take a place."""
        tags = dict(node.tags)
        kind = self._wanted.kind("villages", tags)
        if kind:
            self.things["villages"].append(Thing(f"node/{node.id}", kind, kept(tags), self._factory.create_point(node)))

    def way(self, way: Any) -> None:
        """Take a line; keep a closed way until its area comes."""
        tags = dict(way.tags)
        closed = way.is_closed()
        lines = [(layer, self._wanted.kind(layer, tags)) for layer in LINE_LAYERS]
        kinds = [(layer, kind) for layer, kind in lines if kind and not (closed and areal_tag(tags))]
        settled = self._lines(way, tags, kinds) if kinds else False
        areal = self._layers(tags) if closed else []
        if closed and areal and self._may_be_area(way.id, tags, areal):
            self._pending[way.id] = (tags, areal, self._lacks_points(way))
            settled = True
        if not settled and not (closed and areal):
            self._unplaced_way(f"way/{way.id}", tags, closed, lines)

    def relation(self, relation: Any) -> None:
        """Take note of an area relation or a railway route; the area itself comes apart."""
        tags = dict(relation.tags)
        ways = [(member.ref, member.role) for member in relation.members if member.type == "w"]
        if tags.get("type") in _AREA_TYPES:
            outer = tuple(ref for ref, role in ways if role != "inner")
            self._relations[relation.id] = Relation(tags, outer, tuple(ref for ref, _ in ways))
        elif tags.get("type") == "route" and tags.get("route") in _ROUTES:
            name = tags.get("name") or tags.get("ref")
            if name:
                self.routes.append(Route(tags["route"], name, tuple(ref for ref, _ in ways)))

    def area(self, area: Any) -> None:
        """Take an area made of a closed way or of a relation."""
        number = area.orig_id()
        if area.from_way():
            if number in self._pending and (shape := self._polygon(area)):
                tags, areal, _ = self._pending.pop(number)
                self._place(f"way/{number}", tags, areal, shape)
            return
        if shape := self._polygon(area):
            tags = dict(area.tags)
            areal = self._layers(tags)
            self._shaped.add(number)
            if areal:
                self._placed.add(number)
                self._place(f"relation/{number}", tags, areal, shape)
            elif is_silent(tags):
                self._bare[number] = shape

    def finish(self, path: Path) -> None:
        """Settle ways without area, relations without shape, outlines and bare relations."""
        for number, (_, areal, lacks) in self._pending.items():
            code = "osm_nodes_missing" if lacks else "osm_broken"
            self.left.add(code, _layer(areal, self._file), f"way/{number}", "warning")
        self._unshaped(path)
        rings: dict[int, list[int]] = defaultdict(list)
        for number, relation in self._relations.items():
            for way in relation.outer:
                rings[way].append(number)
        used = self._outlines(rings)
        for number in sorted(self._shaped - self._placed):
            self._unplaced_relation(number, used)

    def _layers(self, tags: Tags) -> list[tuple[str, str]]:
        """Return the layers of areas that take an object, the zones first."""
        level = admin_level(tags)
        if level is None:
            return self._wanted.areal(tags)
        own = [("zones" if level == self._level else LEVELS, f"admin_level={level}")]
        return own + self._wanted.areal(tags) if level <= self._level else self._wanted.areal(tags)

    def _place(self, osm_id: str, tags: Tags, areal: list[tuple[str, str]], shape: str) -> None:
        useful = kept(tags)
        for layer, kind in areal:
            self.things[layer].append(Thing(osm_id, kind, useful, shape))
        if [layer for layer, _ in areal] == [LEVELS]:
            self.left.add("osm_other_level", "zones", osm_id, value=tags["admin_level"], allowed=self._level)

    def _polygon(self, area: Any) -> str | None:
        try:
            return str(self._factory.create_multipolygon(area))
        except RuntimeError:
            # Rings that close nowhere arrive as an area without rings.
            return None

    def _lines(self, way: Any, tags: Tags, kinds: list[tuple[str, str]]) -> bool:
        osm_id = f"way/{way.id}"
        try:
            shape = str(self._factory.create_linestring(way))
        except self._no_place:
            self.left.add("osm_nodes_missing", kinds[0][0], osm_id, "warning")
            return True
        except RuntimeError:
            self.left.add("osm_broken", kinds[0][0], osm_id, "warning")
            return True
        useful = kept(tags)
        for layer, kind in kinds:
            self.things[layer].append(Thing(osm_id, kind, useful, shape))
        return True

    def _lacks_points(self, way: Any) -> bool:
        try:
            self._factory.create_linestring(way)
        except self._no_place:
            return True
        except RuntimeError:
            return False
        return False

    def _may_be_area(self, number: int, tags: Tags, areal: list[tuple[str, str]]) -> bool:
        """Return whether a closed way is an area; say why if it is not."""
        layer, kind = areal[0]
        if tags.get("area") == "no":
            self.left.add("osm_area_no", _layer(areal, self._file), f"way/{number}", tag=kind)
            return False
        if tags.get("area") != "yes" and all(is_linear(kind) for _, kind in areal):
            self.left.add("osm_line", layer, f"way/{number}", tag=kind)
            return False
        return True

    def _unplaced_way(self, osm_id: str, tags: Tags, closed: bool, lines: list[tuple[str, str | None]]) -> None:  # noqa: FBT001
        """Say why a way is in no layer; other open ways are no candidates and need no word."""
        for layer, kind in lines:
            key = _LINE_KEYS[layer]
            if kind:
                self.left.add("osm_area_not_line", layer, osm_id, tag=kind, why=areal_tag(tags))
                return
            if key in tags:
                self.left.add("osm_not_counted", layer, osm_id, tag=f"{key}={tags[key]}", name=layer, field=key)
                return
        if closed:
            self._no_layer(osm_id, tags)

    def _no_layer(self, osm_id: str, tags: Tags) -> None:
        level = admin_level(tags)
        if level is not None:
            self.left.add("osm_other_level", "zones", osm_id, value=str(level), allowed=self._level)
        elif tag := main_tag(tags):
            self.left.add("osm_no_layer", self._file, osm_id, tag=tag)
        else:
            keys = ", ".join(sorted(key for key in tags if key != "type")) or "type"
            self.left.add("osm_no_tag", self._file, osm_id, keys=keys)

    def _unshaped(self, path: Path) -> None:
        """Say why relations have no shape: ways missing from the file, or broken rings."""
        without = {number: it for number, it in self._relations.items() if number not in self._shaped}
        wanted = {number: areal for number, it in without.items() if (areal := self._layers(it.tags))}
        present = present_ways({way for number in wanted for way in without[number].ways}, path)
        for number, relation in without.items():
            osm_id = f"relation/{number}"
            if number not in wanted or [layer for layer, _ in wanted[number]] == [LEVELS]:
                self._no_layer(osm_id, relation.tags)
                continue
            layer = _layer(wanted[number], self._file)
            missing = sum(way not in present for way in relation.ways)
            if missing:
                params = {"missing": missing, "count": len(relation.ways)}
                self.left.add("osm_members_missing", layer, osm_id, "warning", **params)
            else:
                self.left.add("osm_broken", layer, osm_id, "warning")

    def _outlines(self, rings: dict[int, list[int]]) -> dict[int, str]:
        """Take outlines out of the layers, or give them their relation's shape; return what bare relations serve."""
        kinds = {
            (layer, thing.osm_id): thing.kind
            for layer, things in self.things.items()
            for thing in things
            if thing.osm_id.startswith("relation/")
        }
        used: dict[int, str] = {}
        for layer in [layer for layer in self.things if layer not in LINE_LAYERS]:
            settled = (self._settled(layer, thing, rings, kinds, used) for thing in self.things[layer])
            self.things[layer] = [thing for thing in settled if thing is not None]
        return used

    def _settled(
        self,
        layer: str,
        thing: Thing,
        rings: dict[int, list[int]],
        kinds: dict[tuple[str, str], str],
        used: dict[int, str],
    ) -> Thing | None:
        kind, _, number = thing.osm_id.partition("/")
        for of in rings.get(int(number), ()) if kind == "way" else ():
            relation, osm_id = self._relations[of], f"relation/{of}"
            if layer in ("zones", LEVELS):
                if admin_level(relation.tags) == admin_level(thing.tags):
                    self.left.add("osm_bounds_zone", "zones", thing.osm_id, of=osm_id)
                    return None
            elif kinds.get((layer, osm_id)) == thing.kind:
                self.left.add("osm_outline", layer, thing.osm_id, of=osm_id)
                return None
            elif relation.tags.get("type") == "multipolygon" and of in self._shaped:
                if of in self._bare:
                    used[of] = thing.osm_id
                    thing = thing._replace(shape=_within(thing.shape, self._bare[of]))
                elif main_tag(relation.tags) is None:
                    used[of] = thing.osm_id
                    self.left.add("osm_unclear", layer, thing.osm_id, "warning", of=osm_id, tag=thing.kind)
                    self.left.add("osm_unclear_relation", layer, osm_id, "warning", of=thing.osm_id, tag=thing.kind)
                    return None
        return thing

    def _unplaced_relation(self, number: int, used: dict[int, str]) -> None:
        """Say why a shaped relation is in no layer."""
        osm_id, tags = f"relation/{number}", self._relations[number].tags
        if number not in used:
            self._no_layer(osm_id, tags)
        elif is_silent(tags):
            self.left.add("osm_shape_of", self._file, osm_id, of=used[number])


def scan(path: Path, wanted: Counted, level: int) -> Scan:
    """Read a file.

    Parameters
    ----------
    path
        Its name ends in one of `osm_file.FORMATS`.
    wanted
        Which tags count.
    level
        Administrative level of the zones.

    Raises
    ------
    LayerError
        If it is no OpenStreetMap file, is cut short, or holds edits that were not uploaded.
    """
    import osmium

    found = Scan(wanted, level, path.name)
    take = {"n": found.node, "w": found.way, "r": found.relation, "a": found.area}
    ids = osmium.osm
    tagged = osmium.filter.EmptyTagFilter()
    tagged.enable_for(ids.WAY | ids.RELATION)
    places = osmium.filter.KeyFilter(*(wanted.keys("villages") or ("place",)))
    places.enable_for(ids.NODE)
    try:
        processor = osmium.FileProcessor(osm_file(path)).with_areas().with_filter(tagged).with_filter(places)
        for item in processor:
            if item.id < 0:
                raise LayerError(Problem("osm_negative_ids", path.name, params={"path": str(path), "value": item.id}))
            take[item.type_str()](item)
        found.finish(path)
    except (RuntimeError, UnicodeDecodeError) as error:
        params = {"path": str(path), "reason": str(error)}
        raise LayerError(Problem("osm_unreadable", path.name, params=params)) from error
    return found


def _layer(areal: list[tuple[str, str]], file: str) -> str:
    """Return the first layer of an object for its problem."""
    return next((layer for layer, _ in areal if layer != LEVELS), file)


def _within(shape: str, of: str) -> str:
    """Return the part of an outline within its relation's shape: without the holes."""
    part = shapely.intersection(shapely.from_wkb(shape), shapely.from_wkb(of))
    return str(shapely.to_wkb(part, hex=True))
