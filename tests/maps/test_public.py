"""Nothing sensitive stands in the file of a public map, whatever was asked of the map: all its blocks are read back."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from tests.maps.blocks import data_of

from fringe.maps import Map, Symbol
from fringe.maps.style import Categories

NUMBER = "豫S(2024)001号"
DAYS = ["2020-01-06", "2020-01-13", "2020-01-20"]
# A name nobody else has, in signs nothing else has, so that not even initials are left of it.
PERSON, PLACE = "龗龘 SECRETPERSON", "靐齉 SECRETPLACE"
# Figures of rows that must go; none of their digits come by chance.
FIGURE, SHARE = 76_543_219, 0.98765
BARRACKS, FARMLAND = "军事用地", "永久基本农田"


def zones(kind=(BARRACKS, "a", "b", "a"), **columns):
    cells = [box(113 + 0.02 * at, 34, 113.02 + 0.02 * at, 34.03) for at in range(4)]
    frame = gpd.GeoDataFrame(
        {
            "name": [PLACE, "East", "West", "North"],
            "kind": list(kind),
            "households": [FIGURE, 10, 20, 30],
            "covered_share": [SHARE, 0.1, 0.2, 0.3],
            "reporter": [PERSON] * 4,
            "note": [PERSON] * 4,
            **columns,
        },
        geometry=cells,
        crs="EPSG:4326",
    )
    return frame.set_index(pd.Index([PLACE, "z1", "z2", "z3"], name="zone"))


def by_day(values, name, days=DAYS, ids=None):
    ids = zones().index if ids is None else ids
    index = pd.MultiIndex.from_product([ids, days], names=["zone", "date"])
    return pd.Series(np.ravel(np.array(values, dtype=object)).tolist(), index=index, name=name)


def public(title="A", **rest):
    return Map(title, lang="zh", audience="public", review_no=NUMBER, **rest)


def timeline_of_numbers(_):
    table = by_day([[FIGURE, FIGURE, FIGURE], [1, 2, 3], [2, 3, 4], [3, 4, 5]], "households")
    return public().timeline(zones(), table, popup=["zone", "name", "reporter", "households"])


def timeline_of_words(_):
    """A zone is a barracks on one day only; another's word is that of no one else."""
    table = by_day([[PLACE, "x", "y"], ["x", FARMLAND, "x"], ["x", "y", "x"], ["y", "y", "y"]], "use")
    return public().timeline(zones(), table)


def timeline_of_persons(_):
    table = by_day([[PERSON] * 3, ["x"] * 3, ["x"] * 3, ["y"] * 3], "填报人")
    return public().timeline(zones(), table).shade(zones(), "covered_share")


def timeline_of_statuses(_):
    plots = zones(planted_on="2020-01-06", lost_on=[None, "2020-01-13", None, None])
    return public().timeline(plots.rename_axis("plot"), on=DAYS, popup=["plot", "name", "note"])


def comparison(_):
    one = Map("", lang="zh").shade(zones(), "households").shade(zones(), "kind")
    two = Map("", lang="zh").shade(zones(covered_share=0.5), "households").shade(zones(), "kind")
    return public().compare(one, two)


def comparison_of_days(_):
    one = Map("", lang="zh").timeline(zones(), by_day([[FIGURE] * 3, [1] * 3, [2] * 3, [3] * 3], "households"))
    return public().compare(one, Map("", lang="zh").shade(zones(), "households"))


def two_figures(_):
    return public().bivariate(zones(), "households", "covered_share", popup=["name", "note", "households"])


def curves_and_photographs(folder):
    image = pytest.importorskip("PIL.Image")
    index = pd.MultiIndex.from_product([zones().index, DAYS], names=["zone", "date"])
    # One row alone is known on a day of its own.
    lone = pd.MultiIndex.from_tuples([(PLACE, "1987-06-05")], names=["zone", "date"])
    table = pd.concat(
        [
            pd.DataFrame({"households": [FIGURE] * 3 + [1, 2, 3] * 3, "checker": FIGURE}, index=index),
            pd.DataFrame({"households": [FIGURE], "checker": [FIGURE]}, index=lone),
        ]
    )
    image.new("RGB", (30, 20), "#123456").save(folder / "SECRETPERSON.jpg")
    photos = dict.fromkeys(("z1", "z2"), folder / "SECRETPERSON.jpg")
    drawn = public().shade(zones(photo="SECRETPERSON.jpg"), "covered_share", popup=["name", "photo"])
    return drawn.details(curves=table, photos=photos, filters=["kind", "reporter"])


def names_in_the_index(_):
    persons = zones().set_index(pd.Index([PERSON + str(at) for at in range(4)], name="户主"))
    index = pd.MultiIndex.from_product([persons.index, DAYS], names=["户主", "date"])
    table = pd.Series(0.5, index=index, name="covered_share")
    curves = pd.DataFrame({"planned_share": 0.5}, index=index)
    return public().draw(persons, popup=["户主", "kind"]).timeline(persons, table).details(curves=curves)


def categories_and_other_types(_):
    frame = zones(kind=pd.Categorical([BARRACKS, "a", "b", "a"]), use=[[FARMLAND, "x"], "x", 3, None])
    frame.loc["z1", "use"] = FARMLAND
    style = Categories.of(
        "kind", {BARRACKS: Symbol(fill="#111111"), "a": Symbol(fill="#222222")}, other=Symbol(fill="#333333")
    )
    return public().draw(frame, style=style, popup=["name", "kind", "use"]).shade(frame, "kind")


def chainage(_):
    posts = gpd.GeoDataFrame(
        {"line": PLACE, "km": [1.0, 2.0]}, geometry=[Point(113, 34), Point(113.01, 34)], crs="EPSG:4326"
    )
    return public().shade(zones(), "covered_share").chainage(posts)


SHEETS = (
    timeline_of_numbers,
    timeline_of_words,
    timeline_of_persons,
    timeline_of_statuses,
    comparison,
    comparison_of_days,
    two_figures,
    curves_and_photographs,
    names_in_the_index,
    categories_and_other_types,
    chainage,
)
SECRET_WORDS = ("SECRET", "龗", "龘", "靐", "齉", BARRACKS, FARMLAND, "1987-06-05")
SECRET_DIGITS = ("7654321", "9876", "988")


def figures(document):
    """What is said in figures: texts of the document without their commas."""
    found = []

    def walk(part):
        for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(item)
        if isinstance(part, str | float | int) and not isinstance(part, bool):
            found.append(str(part).replace(",", ""))

    walk({name: part for name, part in document.items() if name not in ("words", "view", "bits")})
    return [text for text in found if not text.startswith("#")]


@pytest.mark.parametrize("make", SHEETS, ids=lambda make: make.__name__)
def test_nothing_planted_is_found_in_any_block(make, tmp_path):
    page = make(tmp_path).save(tmp_path / "public.html").read_text(encoding="utf-8")
    document, blocks = data_of(page)
    assert blocks
    said = [str(document), re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)]
    said += [str(block.facts) for block in blocks.values()]
    said += [part.decode("utf-8", errors="replace") for block in blocks.values() for part in block.raw.values()]
    assert [word for word in SECRET_WORDS if any(word in text for text in said)] == []
    assert [digits for digits in SECRET_DIGITS if any(digits in text for text in figures(document))] == []
    numbers = {int(number) for block in blocks.values() for part in block.ints.values() for number in part}
    assert not numbers & {FIGURE, round(SHARE * 1000), round(SHARE * 100), round(SHARE * 10000)}
    assert not any(name.endswith("photos") or name == "axes" for name in blocks)


@pytest.mark.parametrize("make", SHEETS, ids=lambda make: make.__name__)
def test_the_same_is_found_on_an_internal_map(make, tmp_path):
    """So the search finds what it looks for."""
    sheet = replace(make(tmp_path), audience="internal")
    document, blocks = data_of(sheet.save(tmp_path / "internal.html").read_text(encoding="utf-8"))
    said = [str(document), *(str(block.facts) for block in blocks.values())]
    said += [part.decode("utf-8", errors="replace") for block in blocks.values() for part in block.raw.values()]
    assert any(word in text for word in SECRET_WORDS for text in said)


def test_what_stays_is_told_as_before(tmp_path):
    """Three of four zones, all their days and figures."""
    document, blocks = data_of(timeline_of_numbers(tmp_path).save(tmp_path / "a.html").read_text(encoding="utf-8"))
    assert document["days"] == DAYS
    assert document["layers"][0]["n"] == 3
    assert blocks["layer-0-values"].ints["0"].reshape(3, 3).tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    document, blocks = data_of(timeline_of_words(tmp_path).save(tmp_path / "b.html").read_text(encoding="utf-8"))
    assert document["layers"][0]["n"] == 2
    assert [word for word in document["layers"][0]["times"]["words"] if word] == ["x", "y"]
    document, blocks = data_of(curves_and_photographs(tmp_path).save(tmp_path / "c.html").read_text(encoding="utf-8"))
    curves = blocks["layer-0-curves"]
    assert curves.facts["days"] == DAYS
    assert [column["name"] for column in curves.facts["columns"]] == ["households"]
    assert curves.ints["0"].tolist() == [1, 2, 3] * 3
    document, blocks = data_of(names_in_the_index(tmp_path).save(tmp_path / "d.html").read_text(encoding="utf-8"))
    assert [layer["n"] for layer in document["layers"]] == [3, 3]
    assert len(blocks["layer-1-curves"].ints["rows"]) == 3


def test_classes_and_days_are_those_of_what_is_shown(monkeypatch, tmp_path):
    """As if the rows that are left out had never been."""
    whole = [make(tmp_path).document() for make in (timeline_of_numbers, comparison, comparison_of_days, two_figures)]
    every = zones
    monkeypatch.setitem(globals(), "zones", lambda **columns: every(**columns).iloc[1:])
    told = by_day
    monkeypatch.setitem(globals(), "by_day", lambda values, name: told(values[1:], name))
    clean = [make(tmp_path).document() for make in (timeline_of_numbers, comparison, comparison_of_days, two_figures)]
    for one, two in zip(whole, clean, strict=True):
        assert {**one, "notes": None} == {**two, "notes": None}


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (timeline_of_words, "2"),
        (curves_and_photographs, "照片"),
        (names_in_the_index, "户主"),
        (timeline_of_persons, "填报人"),
    ],
)
def test_what_was_left_out_is_said(make, part, tmp_path):
    assert any(part in note for note in make(tmp_path).document()["notes"])
