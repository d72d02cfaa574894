"""Names match exactly, by alias, or not until somebody has confirmed a candidate."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import small_study

import fringe as fr
from fringe.errors import LayerError
from fringe.model.names import match_names, replace_names

ZONES = pd.DataFrame(
    {"name": ["上河村", "下河村", "松林村", "松林村"]}, index=pd.Index(["Z1", "Z2", "Z3", "Z4"], name="zone")
)


def row(name, known=ZONES, **options):
    return match_names([name], known, **options).loc[name]


@pytest.mark.parametrize(
    ("name", "match", "how"),
    [
        ("上河村", "Z1", "exact"),
        ("Z3", "Z3", "exact"),
        ("上 河村", "Z1", "alias"),
        ("ｚ２", "Z2", "alias"),
        ("上河", None, "fuzzy"),
        ("上河村委会", None, "fuzzy"),
        ("河村", None, "fuzzy"),
        ("松林村", None, "fuzzy"),  # two zones have that name
        ("石桥", None, "none"),
    ],
)
def test_each_way_to_match(name, match, how):
    found = row(name)
    assert (found["match"], found["how"]) == (match, how)
    assert (found["candidate"] is None) == (how != "fuzzy")
    assert pd.isna(found["score"]) == (how != "fuzzy")


def test_the_best_candidate_comes_first():
    found = row("河村")
    assert (found["candidate"], found["others"]) == ("上河村", "下河村")
    assert found["score"] == pytest.approx(2 * 2 / 5)  # 2 of 2 and 3 characters in common


def test_of_a_name_that_two_zones_have_the_ids_are_offered():
    found = row("松林村")
    assert found[["candidate", "score", "others"]].tolist() == ["Z3", 1.0, "Z4"]
    assert row("松林村", aliases={"松林村": "Z4"})["match"] == "Z4"


@pytest.mark.parametrize("written", ["上河村", "上河村 ", "上 河村", "上河村\u3000"])
def test_a_shared_name_is_offered_however_it_is_written(written):
    twice = pd.DataFrame({"name": ["上河村", "上河村", "下河村"]}, index=pd.Index(["Z1", "Z2", "Z3"], name="zone"))
    found = row(written, twice)
    assert found[["how", "match", "candidate", "score"]].tolist() == ["fuzzy", None, "Z1", 1.0]
    assert found["others"].split(", ")[0] == "Z2"
    assert row(written, twice, aliases={written: "Z2"})["match"] == "Z2"


def test_rows_that_share_a_name_like_the_one_written_are_candidates_by_id():
    twice = pd.DataFrame({"name": ["上河村", "松林村", "上河村"]}, index=pd.Index(["Z1", "Z2", "Z3"], name="zone"))
    assert row("上河", twice)[["how", "candidate", "score", "others"]].tolist() == ["fuzzy", "Z1", 0.95, "Z3"]
    with pytest.raises(LayerError) as caught:
        match_names(["上河"], twice, aliases={"上河": "上河村"})
    for lang in ("zh", "en"):
        assert "Z1, Z3" in caught.value.render(lang)
    _, (told,) = replace_names(pd.DataFrame({"zone": ["上河"]}), {"zone": twice}, {"上河": "上河村"})
    assert told.params["allowed"] == "Z1, Z3"


def test_names_that_differ_by_blanks_only_are_all_offered():
    alike = pd.DataFrame({"name": ["上河村", "上 河村"]}, index=pd.Index(["Z1", "Z2"], name="zone"))
    found = row("上河 村", alike)
    assert (found["match"], {found["candidate"], found["others"]}) == (None, {"上河村", "上 河村"})
    # One of them has a name that others have as well.
    three = pd.DataFrame({"name": ["上河村", "上河村", "上 河村"]}, index=pd.Index(["Z1", "Z2", "Z3"], name="zone"))
    found = row("上河 村", three)
    assert (found["match"], {found["candidate"], *found["others"].split(", ")}) == (None, {"Z1", "Z2", "上 河村"})


def test_a_confirmed_candidate_is_an_alias():
    assert row("上河", aliases={"上河": "上河村"})[["match", "how"]].tolist() == ["Z1", "alias"]
    assert row("上 河", aliases={"上河": "Z1"})[["match", "how"]].tolist() == ["Z1", "alias"]
    # A name that is known means itself, whatever an alias says.
    assert row("下河村", aliases={"下河村": "Z1"})["match"] == "Z2"


def test_an_alias_must_lead_somewhere():
    with pytest.raises(LayerError) as caught:
        match_names(["上河"], ZONES, aliases={"上河": "上呵村"})
    for lang in ("zh", "en"):
        assert all(part in caught.value.render(lang) for part in ("上河", "上呵村", "上河村"))


def test_names_are_counted_and_keep_their_order():
    table = match_names(pd.Series(["b", None, "a", "b"]), ["a", "b"])
    assert table.index.tolist() == ["b", "a"]
    assert table["count"].tolist() == [2, 1]
    assert table["match"].tolist() == ["b", "a"]
    assert len(match_names([], [])) == 0


@given(st.lists(st.text(min_size=1, max_size=4)), st.lists(st.text(min_size=1, max_size=4), unique=True))
def test_only_what_is_known_matches_and_nothing_is_guessed(names, known):
    table = match_names(names, known)
    assert set(table.index) == set(names)
    for name, found in table.iterrows():
        assert (found["how"] == "exact") == (name in known)
        assert (found["match"] is not None) == (found["how"] in {"exact", "alias"})
        assert found["match"] is None or found["match"] in known


def test_a_study_reads_confirmed_names(tmp_path):
    frames = small_study.layers()
    frames["tasks"]["zone"] = ["Wset", "Z-2"]
    path = small_study.write(tmp_path, frames)
    before = fr.Study.open(path)
    (found,) = [found for found in before.all_problems() if found.code == "unknown_zone"]
    assert "West" in found.render("en")
    assert "[ledger.names]" in found.render("zh")
    path.write_text(path.read_text(encoding="utf-8") + '[ledger.names]\n"Wset" = "West"\n', encoding="utf-8")
    study = fr.Study.open(path)
    assert study.tasks["zone"].tolist() == ["West", "Z-2"]
    assert [(found.code, found.rows) for found in study.all_problems() if found.layer == "tasks"] == [
        ("names_replaced", ("T-1",))
    ]
    assert study.progress(on="2020-02-19").loc["Z-1", "n_tasks"] == 1


def test_a_study_says_where_its_names_lead_nowhere(tmp_path):
    frames = small_study.layers()
    path = small_study.write(tmp_path, frames)
    path.write_text(path.read_text(encoding="utf-8") + '[ledger.names]\n"Wset" = "Wast"\n', encoding="utf-8")
    (found,) = [found for found in fr.Study.open(path).all_problems() if found.severity == "error"]
    assert found.code == "name_alias_unknown"
    assert "West" in found.render("en")


def test_villages_of_tasks_are_looked_up(tmp_path):
    frames = small_study.layers()
    frames["tasks"]["village"] = ["上河", None]
    frames["villages"] = frames["zones"].rename(columns={"zone": "village"}).assign(name=["上河村", "下河村"])
    (found,) = [f for f in fr.Study.open(small_study.write(tmp_path, frames)).all_problems() if f.layer == "tasks"]
    assert (found.code, found.severity, found.rows) == ("unknown_village", "warning", ("T-1",))
    assert "上河村" in found.render("zh")
