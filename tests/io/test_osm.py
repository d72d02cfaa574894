"""Reading OpenStreetMap files: small maps drawn by hand, and the law that nothing tagged as an area is lost."""

from __future__ import annotations

import bz2
import gzip

import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import box

from fringe.errors import FringeError, LayerError
from fringe.io.osm import read_osm, tag_totals
from fringe.model.contract import check
from fringe.model.words import entries

# A grid of points a hundredth of a degree apart: point 10·row + column.
ROWS = COLUMNS = 10


class Drawing:
    """An OSM file in the making."""

    def __init__(self):
        self.parts = []

    def node(self, number, lon, lat, **tags):
        self.parts.append(f'<node id="{number}" lat="{lat}" lon="{lon}">{_tags(tags)}</node>')

    def way(self, number, refs, **tags):
        points = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.parts.append(f'<way id="{number}">{points}{_tags(tags)}</way>')

    def relation(self, number, members, **tags):
        inside = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self.parts.append(f'<relation id="{number}">{inside}{_tags(tags)}</relation>')

    def grid(self):
        for at in range(ROWS * COLUMNS):
            self.node(at + 1, 7 + at % COLUMNS / 100, 46 + at // COLUMNS / 100)

    def save(self, folder, name="town.osm"):
        path = folder / name
        path.write_text('<osm version="0.6">' + "".join(self.parts) + "</osm>", encoding="utf-8")
        return path


def _tags(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def point(row, column):
    return 10 * row + column + 1


def square(row, column, size=1):
    """Return the points of a closed square whose lower left corner is a grid point."""
    corners = [(0, 0), (0, size), (size, size), (size, 0), (0, 0)]
    return [point(row + dy, column + dx) for dy, dx in corners]


@pytest.fixture
def drawing():
    made = Drawing()
    made.grid()
    return made


def reason(layers, row):
    problems = layers["problems"]
    return problems.code[problems.row == row].tolist()


def placed(layers):
    """Return the OSM ids in the layers."""
    return {osm_id for name, frame in layers.items() if name != "problems" for osm_id in frame["osm_id"]}


def candidates(path):
    """Return all closed ways with tags and all area relations, found without any area building."""
    found = set()
    for item in osmium.FileProcessor(str(path)):
        if item.is_way() and item.is_closed() and len(item.tags):
            found.add(f"way/{item.id}")
        if item.is_relation() and item.tags.get("type") in ("multipolygon", "boundary"):
            found.add(f"relation/{item.id}")
    return found


def test_each_layer_by_hand(drawing, tmp_path):
    drawing.node(201, 7.005, 46.005, place="village", name="Aval", population="1 200")
    drawing.node(202, 7.015, 46.005, place="suburb", name="none of ours")
    drawing.way(301, square(0, 0, 2), boundary="administrative", admin_level="8", name="Low")
    drawing.way(302, square(0, 0), landuse="forest", name="Oak")
    drawing.way(303, [1, 2, 3], highway="trunk_link", ref="B12", width="3,5 m", surface="asphalt", oneway="yes")
    drawing.way(304, [1, 2], highway="trunk", oneway="yes")
    drawing.way(305, [11, 12], railway="rail", highspeed="yes", bridge="yes", name="Express")
    drawing.way(306, square(5, 5), natural="water", name="Pond")
    drawing.way(307, square(6, 6), landuse="farmland")
    layers = read_osm(drawing.save(tmp_path))
    assert layers["zones"].loc["Low", ["name", "kind", "osm_id"]].tolist() == ["Low", "ordinary", "way/301"]
    assert layers["villages"].population.to_dict() == {"Aval": 1200.0}
    assert layers["plots"].loc["way/302", ["status", "status_source", "name", "green_class", "kind"]].tolist() == [
        "kept", "osm", "Oak", "EG", "landuse=forest",
    ]  # fmt: skip
    slip, trunk = layers["roads"].loc["way/303"], layers["roads"].loc["way/304"]
    assert (slip.road_class, slip.link, slip.dual, slip.width_m, slip.surface, slip.ref) == (
        "trunk", True, False, 3.5, "asphalt", "B12",
    )  # fmt: skip
    assert (trunk.road_class, trunk.link, trunk.dual) == ("trunk", False, True)
    assert layers["rail"].loc["way/305", ["line", "rail_class", "state", "structure"]].tolist() == [
        "Express", "high_speed", "in_use", "bridge",
    ]  # fmt: skip
    assert layers["water"].name.to_dict() == {"way/306": "Pond"}
    assert layers["land"].land_class.to_dict() == {"way/302": "forest", "way/307": "farmland"}
    assert layers["plots"].geometry.iloc[0].equals(box(7, 46, 7.01, 46.01))
    assert {frame.crs.to_epsg() for name, frame in layers.items() if name != "problems"} == {4326}


def test_layers_keep_their_contracts(drawing, tmp_path):
    drawing.node(201, 7.005, 46.005, place="hamlet")
    drawing.way(301, square(0, 0, 4), boundary="administrative", admin_level="8", name="Low")
    drawing.way(302, square(0, 0), landuse="forest")
    drawing.way(303, [1, 2, 3], highway="busway")
    drawing.way(304, [1, 12], railway="abandoned")
    drawing.way(305, square(5, 5), natural="water")
    layers = read_osm(drawing.save(tmp_path), tags={"buildings": {"building": True}})
    for kind in ("zones", "villages", "roads", "rail", "plots", "land", "water", "buildings"):
        found = check(layers[kind], kind)
        assert set(found.code) <= {"township_missing"}, kind
    assert layers["buildings"].empty


def test_an_empty_file_gives_empty_layers(drawing, tmp_path):
    layers = read_osm(drawing.save(tmp_path))
    assert [len(layers[name]) for name in ("zones", "villages", "roads", "rail", "plots", "land", "water")] == [0] * 7
    assert layers["problems"].code.tolist() == ["osm_no_zones"]
    assert layers["zones"].index.name == "zone"
    assert layers["rail"].index.name == "track"


def test_zones_are_areas_not_what_bounds_them(drawing, tmp_path):
    drawing.way(1, [*square(0, 0, 2)[:3]], boundary="administrative", admin_level="8")
    drawing.way(2, [*square(0, 0, 2)[2:]], boundary="administrative", admin_level="8")
    drawing.way(3, square(5, 5), boundary="administrative", admin_level="8", name="its exclave")
    drawing.relation(9, [(1, "outer"), (2, "outer"), (3, "outer")],
                     type="boundary", boundary="administrative", admin_level="8", name="Low")  # fmt: skip
    layers = read_osm(drawing.save(tmp_path))
    assert layers["zones"].osm_id.to_dict() == {"Low": "relation/9"}
    assert len(layers["zones"].geometry.iloc[0].geoms) == 2
    assert reason(layers, "way/3") == ["osm_bounds_zone"]


def test_zones_of_one_name_go_by_their_id(drawing, tmp_path):
    for at, name in enumerate(["Twin", "Twin", "Sole"]):
        drawing.way(at + 1, square(2 * at, 0), boundary="administrative", admin_level="8", name=name)
    drawing.way(8, square(8, 0), boundary="administrative", admin_level="8")
    layers = read_osm(drawing.save(tmp_path))
    assert sorted(layers["zones"].index) == ["Sole", "way/1", "way/2", "way/8"]
    assert layers["zones"].name.to_dict()["way/8"] == "way/8"
    assert reason(layers, "way/2") == ["osm_same_name"]
    assert reason(layers, "way/8") == ["osm_unnamed"]


def test_township_and_district_are_what_encloses(drawing, tmp_path):
    drawing.way(1, square(0, 0), boundary="administrative", admin_level="10", name="village one")
    drawing.way(2, square(5, 5), boundary="administrative", admin_level="10", name="village two")
    drawing.way(3, square(0, 0, 3), boundary="administrative", admin_level="8", name="the township")
    drawing.way(4, square(0, 0, 9), boundary="administrative", admin_level="6", name="the district")
    layers = read_osm(drawing.save(tmp_path), admin_level=10)
    assert layers["zones"].township.to_dict() == {"village one": "the township", "village two": None}
    assert set(layers["zones"].district) == {"the district"}
    assert reason(layers, "way/4") == ["osm_other_level"]


def test_holes_are_not_green(drawing, tmp_path):
    """New style: tags on the relation. Old style: on its outer way. Both: ground counts once, and without the hole."""
    for number, (row, on_way, on_relation) in enumerate(
        [
            (0, {}, {"landuse": "forest"}),
            (3, {"landuse": "forest"}, {}),
            (6, {"landuse": "forest"}, {"landuse": "forest"}),
        ]
    ):
        drawing.way(number * 10 + 1, square(row, 0, 3), **on_way)
        drawing.way(number * 10 + 2, square(row + 1, 1))
        drawing.relation(
            number + 1, [(number * 10 + 1, "outer"), (number * 10 + 2, "inner")], type="multipolygon", **on_relation
        )
    layers = read_osm(drawing.save(tmp_path))
    assert list(layers["plots"].index.sort_values()) == ["relation/1", "relation/3", "way/11"]
    assert [shape.area for shape in layers["plots"].geometry] == pytest.approx([8e-4] * 3)
    assert reason(layers, "relation/2") == ["osm_shape_of"]
    assert set(reason(layers, "way/21")) == {"osm_outline"}


def test_a_relation_that_says_nothing_of_itself_is_not_guessed_at(drawing, tmp_path):
    drawing.way(1, square(0, 0, 3), landuse="forest")
    drawing.way(2, square(1, 1))
    drawing.relation(5, [(1, "outer"), (2, "inner")], type="multipolygon", FIXME="what is this?")
    layers = read_osm(drawing.save(tmp_path))
    assert layers["plots"].empty
    assert set(reason(layers, "way/1")) == {"osm_unclear"}
    assert set(reason(layers, "relation/5")) == {"osm_unclear_relation"}
    assert set(layers["problems"].query("row == 'way/1'").severity) == {"warning"}


def test_another_thing_around_it_leaves_a_way_its_own(drawing, tmp_path):
    drawing.way(1, square(0, 0, 3), leisure="park")
    drawing.relation(5, [(1, "outer")], type="multipolygon", boundary="protected_area")
    layers = read_osm(drawing.save(tmp_path))
    assert layers["plots"].kind.to_dict() == {"way/1": "leisure=park"}
    assert reason(layers, "relation/5") == ["osm_no_layer"]


@pytest.mark.parametrize(
    ("refs", "tags", "code"),
    [
        (square(0, 0), {"building": "yes"}, "osm_no_layer"),
        (square(0, 0), {"source": "survey"}, "osm_no_tag"),
        (square(0, 0), {"boundary": "administrative", "admin_level": "9"}, "osm_other_level"),
        (square(0, 0), {"landuse": "forest", "area": "no"}, "osm_area_no"),
        (square(0, 0), {"natural": "tree_row"}, "osm_line"),
        (square(0, 0), {"highway": "pedestrian", "area": "yes"}, "osm_area_not_line"),
        (square(0, 0), {"highway": "residential", "amenity": "parking"}, "osm_area_not_line"),
        (square(0, 0), {"highway": "raceway"}, "osm_not_counted"),
        ([1, 2], {"highway": "construction"}, "osm_not_counted"),
        ([1, 2], {"railway": "platform"}, "osm_not_counted"),
        ([1, 2, 1], {"landuse": "forest"}, "osm_broken"),
        ([1, 12, 2, 11, 1], {"landuse": "forest"}, "osm_broken"),
        ([1, 1], {"highway": "track"}, "osm_broken"),
        ([1, 2, 999, 1], {"landuse": "forest"}, "osm_nodes_missing"),
        ([1, 2, 999], {"highway": "track"}, "osm_nodes_missing"),
    ],
)
def test_each_reason_to_be_left_out(drawing, tmp_path, refs, tags, code):
    drawing.way(300, refs, **tags)
    layers = read_osm(drawing.save(tmp_path), tags={"plots": {"landuse": True, "natural": True}})
    assert reason(layers, "way/300") == [code]
    assert "way/300" not in placed(layers)
    severity = "warning" if code in ("osm_broken", "osm_nodes_missing") else "note"
    assert layers["problems"].query("row == 'way/300'").severity.item() == severity


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([(1, "outer"), (77, "outer")], "osm_members_missing"),
        ([(1, "outer")], "osm_broken"),
        ([], "osm_broken"),
    ],
)
def test_a_relation_without_shape_is_a_warning(drawing, tmp_path, members, code):
    drawing.way(1, [1, 2, 12])
    drawing.relation(5, members, type="multipolygon", natural="water", name="Lake")
    layers = read_osm(drawing.save(tmp_path))
    row = layers["problems"].query("row == 'relation/5'")
    assert (row.code.tolist(), row.severity.tolist(), row.layer.tolist()) == ([code], ["warning"], ["water"])
    if code == "osm_members_missing":
        assert "1 of its 2 ways" in row.message.item()


def test_lines_that_close_are_lines(drawing, tmp_path):
    drawing.way(1, square(0, 0), highway="primary", junction="roundabout", landuse="grass")
    drawing.way(2, square(3, 3), railway="tram")
    layers = read_osm(drawing.save(tmp_path))
    assert layers["roads"].geom_type.tolist() == layers["rail"].geom_type.tolist() == ["LineString"]
    assert layers["rail"].rail_class.tolist() == ["tram"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("motorway", "motorway"),
        ("tertiary_link", "tertiary"),
        ("bridleway", "path"),
        ("road", "unclassified"),
        ("proposed", "secondary"),
        ("construction", "unclassified"),
        ("moon_path", "unclassified"),
    ],
)
def test_every_highway_can_be_asked_for(drawing, tmp_path, value, expected):
    drawing.way(1, [1, 2], highway=value, proposed="secondary")
    layers = read_osm(drawing.save(tmp_path), tags={"roads": {"highway": True}})
    assert layers["roads"].road_class.to_dict() == {"way/1": expected}
    assert layers["roads"].kind.item() == f"highway={value}"
    unknown = ["osm_class"] if value in ("construction", "moon_path") else []
    assert reason(layers, "way/1") == unknown


def test_chinese_road_numbers_give_the_administrative_class_in_china_only(tmp_path):
    made = Drawing()
    for base, lon, lat in ((0, 113.7, 34.7), (10, 16.0, 47.0)):
        made.node(base + 1, lon, lat)
        made.node(base + 2, lon + 0.01, lat)
    for at, ref in enumerate(["G107", "S312;G310", "X047", "y005", "C12", "A13", None]):
        made.way(100 + at, [1, 2], highway="primary", **({"ref": ref} if ref else {}))
    made.way(200, [11, 12], highway="motorway", ref="S16")
    roads = read_osm(made.save(tmp_path))["roads"]
    assert roads.admin_class.tolist() == ["G", "G", "X", "Y", "C", None, None, None]
    assert roads.dual.to_dict()["way/200"]


def test_tracks_of_one_railway_share_its_line(drawing, tmp_path):
    drawing.way(1, [1, 2], railway="rail", name="Station 3")
    drawing.way(2, [2, 3], railway="rail", name="North line", service="siding")
    drawing.way(3, [3, 4], railway="construction", construction="subway", ref="M2", tunnel="yes")
    drawing.way(4, [4, 5], railway="tram")
    drawing.relation(7, [(1, "")], type="route", route="railway", name="South line")
    drawing.relation(8, [(1, ""), (2, "")], type="route", route="train", name="IC 5")
    drawing.relation(9, [(4, "")], type="route", route="tram", ref="Tram 4")
    rail = read_osm(drawing.save(tmp_path))["rail"]
    assert rail.line.tolist() == ["South line", "North line", "M2", "Tram 4"]
    assert rail.service.tolist() == [None, "siding", None, None]
    assert rail.loc["way/3", ["rail_class", "state", "structure"]].tolist() == ["metro", "construction", "tunnel"]


def test_what_is_not_understood_is_said(drawing, tmp_path):
    drawing.way(1, [1, 2], highway="track", width="narrow")
    drawing.node(201, 7, 46, place="village", name="Aval", population="many")
    layers = read_osm(drawing.save(tmp_path))
    assert layers["roads"].width_m.isna().all()
    messages = layers["problems"].query("code == 'osm_unread'").message.tolist()
    assert [("narrow" in text, "many" in text) for text in messages] == [(False, True), (True, False)]


def test_bbox_takes_what_meets_it_whole(drawing, tmp_path):
    drawing.way(1, square(0, 0, 2), landuse="forest")
    drawing.way(2, square(7, 7), landuse="forest")
    drawing.way(3, [1, 2, 3], highway="track")
    drawing.way(4, [98, 99], highway="track")
    drawing.node(201, 7.09, 46.09, place="village", name="far")
    layers = read_osm(drawing.save(tmp_path), bbox=(6.995, 45.995, 7.005, 46.005))
    assert list(layers["plots"].index) == ["way/1"]
    assert layers["plots"].geometry.item().area == pytest.approx(4e-4)
    assert list(layers["roads"].index) == ["way/3"]
    assert layers["villages"].empty
    outside = layers["problems"].query("code == 'osm_outside'").row
    assert set(outside) == {"way/2", "way/4", "node/201"}


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_compressed_and_binary_files_read_the_same(drawing, tmp_path, compress):
    drawing.way(1, square(0, 0), landuse="forest")
    plain = drawing.save(tmp_path)
    packed = tmp_path / f"town.OSM.{'gz' if compress is gzip.compress else 'bz2'}"
    packed.write_bytes(compress(plain.read_bytes()))
    binary = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(str(binary)) as writer:
        for item in osmium.FileProcessor(str(plain)):
            writer.add(item)
    first = read_osm(plain)
    for other in (packed, binary):
        second = read_osm(other)
        assert second["plots"].geom_equals(first["plots"]).all()
        assert second["plots"].drop(columns="geometry").equals(first["plots"].drop(columns="geometry"))


def _garbage(folder):
    (folder / "a.osm.pbf").write_bytes(b"hello" * 99)
    return folder / "a.osm.pbf"


def _cut(folder):
    made = Drawing()
    made.grid()
    whole = made.save(folder).read_text(encoding="utf-8")
    (folder / "a.osm").write_text(whole[:1000], encoding="utf-8")
    return folder / "a.osm"


def _empty(folder):
    (folder / "a.osm").touch()
    return folder / "a.osm"


def _page(folder):
    (folder / "a.osm").write_text("<html><body>404</body></html>", encoding="utf-8")
    return folder / "a.osm"


def _drafts(folder):
    made = Drawing()
    made.node(-1, 7, 46, place="village")
    return made.save(folder)


def _other(folder):
    (folder / "a.gpkg").touch()
    return folder / "a.gpkg"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_garbage, "osm_unreadable"),
        (_cut, "osm_unreadable"),
        (_empty, "osm_unreadable"),
        (_page, "osm_unreadable"),
        (_drafts, "osm_negative_ids"),
        (_other, "osm_suffix"),
        (lambda folder: folder / "none.osm", "file_missing"),
        (lambda folder: folder, "file_is_folder"),
    ],
)
def test_bad_files_are_refused_with_their_name(tmp_path, make, code, lang):
    path = make(tmp_path)
    with pytest.raises(FringeError) as caught:
        read_osm(path)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert str(path) in caught.value.render(lang)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ({"tags": {"road": {"highway": True}}}, "osm_tags_layer", "roads"),
        ({"tags": {"zones": {"place": True}}}, "osm_tags_layer", "admin_level"),
        ({"tags": {"roads": ["highway"]}}, "osm_tags_value", "['highway']"),
        ({"tags": {"roads": {"highway": False}}}, "osm_tags_value", "False"),
        ({"admin_level": "8"}, "osm_admin_level", "'8'"),
        ({"admin_level": True}, "osm_admin_level", "True"),
        ({"bbox": (8, 46, 7, 47)}, "osm_bbox", "(8, 46, 7, 47)"),
        ({"bbox": (0, 0, 500_000, 4_000_000)}, "osm_bbox", "4000000"),
        ({"bbox": "7,46,8,47"}, "osm_bbox", "7,46,8,47"),
        ({"bbox": (7, 46, 8, float("nan"))}, "osm_bbox", "nan"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(drawing, tmp_path, arguments, code, said):
    with pytest.raises(LayerError) as caught:
        read_osm(drawing.save(tmp_path), **arguments)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert said in caught.value.render("en")


def test_every_reason_reads_in_both_languages(monkeypatch, drawing, tmp_path):
    drawing.way(1, square(0, 0), building="yes")
    drawing.way(2, [1, 2], highway="construction")
    path = drawing.save(tmp_path)
    english = read_osm(path)["problems"]
    monkeypatch.setenv("FRINGE_LANG", "zh")
    chinese = read_osm(path)["problems"]
    assert english.drop(columns=["message", "remedy"]).equals(chinese.drop(columns=["message", "remedy"]))
    assert not chinese.message.str.isascii().any()
    assert english.message.map(str.isascii)[1:].all()
    assert 'tags={"roads": {"highway": True}}' in english.set_index("row").remedy["way/2"]
    own = {key for key in entries() if key.startswith("problem.osm_")}
    assert all(entries()[key][lang] for key in own for lang in ("zh", "en"))


def test_totals_of_tags_by_hand(drawing, tmp_path):
    drawing.way(1, square(0, 0), landuse="forest")
    drawing.way(2, square(0, 0), landuse="grass")
    drawing.way(3, [point(5, 0), point(5, 4)], highway="track")
    layers = read_osm(drawing.save(tmp_path))
    geod = Geod(ellps="WGS84")
    cell = abs(geod.geometry_area_perimeter(box(7, 46, 7.01, 46.01))[0])
    whole = tag_totals(layers)
    assert whole.loc[("plots", "landuse=forest"), ["n", "area_m2"]].tolist() == pytest.approx([1, cell])
    assert whole.loc["plots"].area_m2.sum() == pytest.approx(2 * cell)
    zones = layers["plots"].iloc[[0]].set_geometry([box(7, 46, 7.005, 46.06)])
    part = tag_totals(layers, zones)
    half = abs(geod.geometry_area_perimeter(box(7, 46, 7.005, 46.01))[0])
    assert part.area_m2["plots", "landuse=grass"] == pytest.approx(half)
    assert part.length_m["roads", "highway=track"] == pytest.approx(geod.inv(7, 46.05, 7.005, 46.05)[2], rel=1e-6)
    assert tag_totals({}).empty


TAGS = st.dictionaries(
    st.sampled_from(["landuse", "natural", "leisure", "building", "highway", "railway", "area", "name", "boundary",
                     "admin_level", "place", "waterway", "source"]),
    st.sampled_from(["forest", "grass", "water", "park", "yes", "no", "track", "rail", "administrative", "8", "6",
                     "village", "tree_row", "construction"]),
    max_size=4,
)  # fmt: skip
# Points 95 and more are not in the file.
POINTS = st.lists(st.integers(1, 104), min_size=1, max_size=6)
WAYS = st.lists(st.tuples(POINTS, st.booleans(), TAGS), max_size=8)
MEMBERS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["outer", "inner", ""])), max_size=3)
RELATIONS = st.lists(
    st.tuples(MEMBERS, TAGS, st.sampled_from(["multipolygon", "boundary", "route", "site"])), max_size=4
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=WAYS, relations=RELATIONS, boxed=st.booleans())
def test_every_tagged_area_is_in_a_layer_or_has_a_reason(tmp_path, ways, relations, boxed):
    drawing = Drawing()
    drawing.grid()
    for number, (refs, closed, tags) in enumerate(ways, 1):
        drawing.way(number, refs + refs[:1] if closed else refs, **tags)
    for number, (members, tags, kind) in enumerate(relations, 1):
        drawing.relation(number, members, **{**tags, "type": kind})
    path = drawing.save(tmp_path)
    layers = read_osm(path, bbox=(7.0, 46.0, 7.03, 46.03) if boxed else None)
    accounted = placed(layers) | set(layers["problems"].row)
    assert candidates(path) <= accounted
    assert accounted <= candidates(path) | {f"way/{number}" for number in range(1, len(ways) + 1)} | {""}
    for name in ("zones", "plots", "land", "water"):
        assert layers[name].is_valid.all()
        assert layers[name].index.is_unique
