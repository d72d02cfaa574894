import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.model.headings import TORN, is_cut, match_headings
from fringe.model.layers import LAYERS

PLOTS = {
    "plot": ["编号", "地块编号", "id"],
    "status": ["状态", "实施状态"],
    "name": ["名称", "地块名称"],
    "planned_on": ["计划日期", "计划时间"],
    "claimed_m2": ["上报面积", "申报面积"],
    "lead_unit": ["牵头单位", "责任单位名称"],
    "responsible": ["责任单位负责人"],
}


def codes(problems):
    return [(found.code, found.severity) for found in problems]


def test_own_names_come_before_aliases_and_nothing_else_is_touched():
    mapping, problems = match_headings(["名称", "name", "状态", "面积"], PLOTS)
    assert mapping == {"name": "name", "状态": "status"}
    assert codes(problems) == [("heading_twice", "note")]
    assert problems[0].params == {"column": "name", "headings": "name, 名称"}


def test_case_blanks_and_full_width_forms_do_not_matter():
    mapping, problems = match_headings(["ＳＴＡＴＵＳ", "地块 编号", "Claimed_M2"], PLOTS)
    assert mapping == {"ＳＴＡＴＵＳ": "status", "地块 编号": "plot", "Claimed_M2": "claimed_m2"}
    assert not problems


def test_two_headings_of_equal_rank_are_an_error_and_for_texts_a_warning():
    mapping, problems = match_headings(["申报面积", "上报面积"], PLOTS)
    assert codes(problems) == [("heading_twice", "error")]
    assert mapping == {"上报面积": "claimed_m2"}  # the contract names it first
    assert codes(match_headings(["地块名称", "名称"], PLOTS, texts={"name"})[1]) == [("heading_twice", "warning")]


def test_the_same_heading_twice_is_an_error_and_is_not_matched():
    mapping, problems = match_headings(["上报面积", "上报面积", "状态"], PLOTS)
    assert mapping == {"状态": "status"}
    assert codes(problems) == [("heading_twice", "error")]


def test_a_row_number_yields_to_an_id():
    assert match_headings(["id", "地块编号"], PLOTS) == ({"地块编号": "plot"}, [])
    assert match_headings(["id", "状态"], PLOTS)[0] == {"id": "plot", "状态": "status"}


def test_the_users_alias_comes_first_and_frees_the_columns_name():
    mapping, problems = match_headings(["name", "俗名"], PLOTS, {"俗名": "名称"})
    assert mapping == {"俗名": "name", "name": "name_given"}
    assert codes(problems) == [("heading_twice", "note")]


def test_aliases_that_miss_are_said():
    mapping, problems = match_headings(["状态"], PLOTS, {"片名": "name", "状态": "statsu"})
    assert codes(problems) == [("alias_unused", "warning"), ("alias_unknown", "warning")]
    assert problems[1].params["hint"] == "status"
    assert mapping == {"状态": "statsu"}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("责任单位名称", "gbk"), ("责任单位名称", "utf-8"), ("survival_share", "gbk"), ("a责任单位名称", "gb18030")],
)
def test_ten_bytes_of_a_name_are_recognised_as_cut(name, encoding):
    cut = name.encode(encoding)[:10]
    assert is_cut(cut.decode(encoding, errors="replace"), name, encoding)
    assert is_cut(cut.decode(encoding, errors="ignore"), name, encoding)
    assert not is_cut(name[:2], name, encoding)


def test_a_cut_heading_with_one_column_is_read_and_said():
    mapping, problems = match_headings(["牵头单" + TORN], PLOTS, encoding="utf-8")
    assert mapping == {"牵头单" + TORN: "lead_unit"}
    assert codes(problems) == [("heading_cut", "note")]


def test_a_cut_heading_with_two_columns_is_a_problem_naming_both():
    mapping, problems = match_headings(["责任单位" + "名"], PLOTS, encoding="gbk")
    assert mapping == {"责任单位名": "lead_unit"}
    mapping, problems = match_headings(["责任单"], PLOTS, encoding="utf-8")
    assert mapping == {}
    assert codes(problems) == [("heading_ambiguous", "error")]
    assert problems[0].params == {"heading": "责任单", "candidates": "责任单位名称, 责任单位负责人"}


def test_a_candidate_that_has_its_heading_already_is_no_candidate():
    mapping, _ = match_headings(["lead_unit", "责任单"], PLOTS, encoding="utf-8")
    assert mapping == {"lead_unit": "lead_unit", "责任单": "responsible"}


def test_a_unit_that_was_cut_is_not_guessed():
    # 上报面积（亩）in GBK: eight bytes of name, two of bracket.
    mapping, problems = match_headings(["上报面积（"], PLOTS, encoding="gbk")
    assert mapping == {"上报面积（": "claimed_m2"}
    assert codes(problems) == [("heading_unit_cut", "error")]
    # In UTF-8 nothing shows whether there was a unit.
    assert codes(match_headings(["上报面" + TORN], PLOTS, encoding="utf-8")[1]) == [("heading_cut", "warning")]


def test_an_open_bracket_in_a_whole_heading_is_left_alone():
    assert match_headings(["状态（新"], PLOTS, encoding="utf-8") == ({}, [])


def test_a_users_alias_may_be_cut_as_well():
    mapping, _ = match_headings(["整治小区编"], PLOTS, {"整治小区编号全": "plot"}, encoding="gbk")
    assert mapping == {"整治小区编": "plot"}


def test_the_texts_exist_in_both_languages():
    for lang in ("zh", "en"):
        for headings, extra in (
            (["责任单"], {}),
            (["上报面积（"], {}),
            (["上报面" + TORN], {"x": "nme"}),
            (["上报面积", "申报面积"], {}),
        ):
            for found in match_headings(headings, PLOTS, extra)[1]:
                assert "{" not in found.render(lang)


@pytest.mark.parametrize("kind", sorted(LAYERS))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_columns_are_given_once_and_headings_are_the_files(kind, data):
    spec = LAYERS[kind]
    columns = {spec.index: list(spec.index_aliases)} | {c.name: list(c.aliases) for c in spec.columns}
    pool = sorted({name for names in columns.values() for name in names} | set(columns) | {"x", "名"})
    headings = data.draw(st.lists(st.sampled_from(pool), unique=True))
    mapping, _ = match_headings(headings, columns)
    assert set(mapping) <= set(headings)
    assert len(set(mapping.values())) == len(mapping)
    for heading in set(headings) & set(columns):
        assert mapping[heading] == heading
    assert match_headings(headings, columns) == match_headings(headings, columns)
