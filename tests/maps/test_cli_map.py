"""`fringe map`: a page, a sheet or a picture, with a slider, a comparison, an audience."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image
from tests import small_study
from tests.test_cli import run


@pytest.fixture
def study(tmp_path):
    return small_study.write(tmp_path, small_study.layers())


def told(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="fringe-data">(.*?)</script>', text, re.DOTALL)[1])


def test_slider_and_comparison(study, tmp_path):
    assert run("map", study, "--every", "2020-02-1", "-o", tmp_path / "a.html") == 1
    # Its plots have no dates: coverage is the same on every day.
    assert run("map", study, "--every", "D", "-o", tmp_path / "a.html") == 1
    frames = small_study.layers()
    frames["plots"]["planted_on"] = "2020-01-10"
    frames["reports"]["date"] = "2020-01-10"
    (tmp_path / "dated").mkdir()
    dated = small_study.write(tmp_path / "dated", frames)
    assert run("map", dated, "--every", "MS", "--on", "2020-03-05", "-o", tmp_path / "a.html") == 0
    assert told(tmp_path / "a.html")["days"] == ["2020-02-01", "2020-03-01", "2020-03-05"]
    assert (
        run("map", dated, "--on", "2020-03-05", "--before", "2020-01-20", "--side-by-side", "-o", tmp_path / "b.html")
        == 0
    )
    assert told(tmp_path / "b.html")["compare"]["mode"] == "side"
    assert run("map", dated, "--before", "2020-01-20", "--every", "W", "-o", tmp_path / "c.html") == 2
    assert not (tmp_path / "c.html").exists()


def test_a_public_map_needs_a_number_or_a_watermark(study, tmp_path, capsys):
    assert run("map", study, "--audience", "public", "-o", tmp_path / "a.html") == 1
    assert "review" in capsys.readouterr().err
    assert run("map", study, "--audience", "public", "--watermark", "-o", tmp_path / "a.html") == 0
    assert told(tmp_path / "a.html")["watermark"]
    assert run("map", study, "--audience", "public", "--review-no", "GS 1", "-o", tmp_path / "b.html") == 0
    assert "GS 1" in told(tmp_path / "b.html")["review"]
    assert run("map", study, "--audience", "everybody", "-o", tmp_path / "c.html") == 1


def test_unknown_endings_are_refused_before_anything_is_done(study, tmp_path, capsys):
    assert run("map", study, "-o", tmp_path / "a.docx") == 2
    assert ".pdf" in capsys.readouterr().err


def test_static_sheets_need_no_browser(study, tmp_path, monkeypatch):
    monkeypatch.setenv("FRINGE_BROWSER", "no-such-browser")
    assert run("map", study, "--static", "-o", tmp_path / "a.pdf") == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert run("map", study, "-o", tmp_path / "a.svg") == 0
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert run("map", study, "-o", tmp_path / "b.pdf") == 1


@pytest.mark.browser
@pytest.mark.usefixtures("browser")
def test_a_browser_makes_sheets_and_pictures(study, tmp_path):
    assert run("map", study, "--paper", "A3", "-o", tmp_path / "a.pdf") == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert run("map", study, "-o", tmp_path / "a.png") == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "given",
    [
        ["--side-by-side"],
        ["--static", "-o", "a.html"],
        ["--paper", "A3", "-o", "a.html"],
        ["--paper", "A3", "-o", "a.png"],
        ["--basemap-crs", "EPSG:4526"],
        ["--basemap-mb", "2"],
        ["--every", "W", "--before", "2020-01-01"],
    ],
)
def test_options_that_would_do_nothing_are_refused_in_the_language_asked_for(study, given, capsys):
    assert run("map", study, "--lang", "zh", *given) == 2
    assert "请" in capsys.readouterr().err


def test_a_picture_with_a_world_file_is_placed_by_the_option(study, tmp_path, capsys):
    picture = tmp_path / "aerial.png"
    Image.new("RGB", (80, 40), "#336633").save(picture)
    west, south, east, north = small_study.layers()["zones"].total_bounds
    cell = (east - west) / 80, (south - north) / 40
    lines = (cell[0], 0, 0, cell[1], west + cell[0] / 2, north + cell[1] / 2)
    picture.with_suffix(".pgw").write_text("\n".join(map(str, lines)), encoding="ascii")
    assert run("map", study, "--basemap", picture, "-o", tmp_path / "a.html") == 1
    assert "--basemap-crs" in capsys.readouterr().err
    crs = small_study.layers()["zones"].crs.to_string()
    assert run("map", study, "--basemap", picture, "--basemap-crs", crs, "-o", tmp_path / "a.html") == 0
    assert told(tmp_path / "a.html")["basemaps"][0]["kind"] == "picture"
