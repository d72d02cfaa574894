"""A second study, elsewhere on Earth, with Latin headings, no rail and one zone, goes the whole way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.second_study import make_second_study

import fringe as fr
from fringe.cli import main

SOURCES = Path(__file__).parents[1] / "src"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_second_study(tmp_path_factory.mktemp("second"), seed=7)


def test_it_has_one_zone_no_rail_and_a_crs_of_its_own(path):
    study = fr.Study.open(path)
    assert (len(study.zones), len(study.rail)) == (1, 0)
    assert study.zones.crs.to_epsg() == 32632
    assert not (study.check()["severity"] == "error").any()


def test_from_files_to_map(path, tmp_path):
    study = fr.Study.open(path)
    figures = study.figures(total=True)
    assert 0 < figures["covered_share"].iloc[0] < 1
    assert figures["covered_share"].iloc[0] == pytest.approx(figures.loc["total", "covered_share"])
    for lang in ("zh", "en"):
        page = study.map(lang=lang).save(tmp_path / f"{lang}.html").read_text(encoding="utf-8")
        assert page.count("<script src=") == 0


@pytest.mark.parametrize("command", [("check",), ("table", "-o", "zones.xlsx"), ("map", "-o", "map.html")])
def test_command_line(path, tmp_path, command, capsys):
    verb, *rest = command
    arguments = [verb, str(path), *(str(tmp_path / word) if "." in word else word for word in rest)]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code in (0, None)
    capsys.readouterr()


def test_nothing_of_the_sample_is_in_the_sources():
    words = re.compile(r"guancheng|管城|郑西|张华楼|王桐|南曹|十八里河|EPSG:4547|\b4547\b", re.IGNORECASE)
    found = [
        f"{file.relative_to(SOURCES)}: {line.strip()[:80]}"
        for file in sorted(SOURCES.rglob("*"))
        if file.suffix in {".py", ".toml", ".csv", ".js", ".css", ".json"} and "vendor" not in file.parts
        for line in file.read_text(encoding="utf-8").splitlines()
        if words.search(line)
    ]
    assert found == []
