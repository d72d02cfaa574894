"""The meeting maps of whole studies in a browser without a network: the sample and another place, in both languages."""

from __future__ import annotations

import itertools

import pytest
from tests.maps import probes
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.test_browser import meet
from tests.second_study import make_second_study

import fringe as fr
from fringe.model import units

pytestmark = pytest.mark.browser
FIGURES = ("covered_m2", "covered_share", "overlap_m2", "progress_share", "road_density_km_per_km2")


@pytest.fixture(scope="module", params=["sample-zh", "sample-en", "second-zh", "second-en"])
def case(request, tmp_path_factory):
    place, lang = request.param.split("-")
    folder = tmp_path_factory.mktemp(request.param)
    study = fr.Study.open(fr.sample() if place == "sample" else make_second_study(folder))
    return study, lang, study.map(lang=lang).save(folder / "map.html")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_first_view(case, opened, size):
    study, _, path = case
    with opened(path, size) as shown:
        labels, controls = shown.run("() => fringe.labels()"), shown.run("() => fringe.obstacles()")
        assert labels
        for one, other in itertools.combinations(labels, 2):
            assert not any(meet(a, b) for a in one["boxes"] for b in other["boxes"]), (one, other)
        for label in labels:
            assert not any(meet(found, control) for found in label["boxes"] for control in controls), label
        shown_names = {label["text"].split("\n")[0] for label in labels if label["layer"] == "layer-0"}
        assert shown_names <= set(study.zones["name"])
        assert len(shown_names) >= min(len(study.zones), 12)
        assert shown.requests == []
        assert shown.complaints == []


def test_popups_are_the_table(case, opened):
    study, lang, path = case
    figures = study.figures()
    names = [name for name in FIGURES if name in figures.columns]
    assert "covered_share" in names
    with opened(path) as shown:
        for row in range(min(3, len(figures))):
            shown.click("layer-0", row)
            cells = shown.cells()
            assert {name: cells[name] for name in names} == {
                name: units.show(float(figures[name].iloc[row]), name, lang) for name in names
            }
            shown.page.keyboard.press("Escape")
            shown.page.wait_for_selector(".fringe-popup", state="detached")


def test_legend_counts_are_the_zones(case, opened):
    study, _, path = case
    with opened(path) as shown:
        counts = shown.page.locator(".fringe-layer").nth(0).locator(".fringe-entries .fringe-count").all_inner_texts()
        assert sum(int(count.replace(",", "")) for count in counts) == len(study.zones)


def test_every_layer_can_be_switched(case, opened):
    *_, path = case
    with opened(path) as shown:
        for entry in shown.page.locator(".fringe-layer").all():
            before = shown.run(probes.PICTURE)
            entry.locator("input").click()
            assert shown.run(probes.PICTURE) != before
            entry.locator("input").click()
            assert shown.run(probes.PICTURE) == before


def test_same_study_same_bytes(case, tmp_path):
    study, lang, path = case
    study.map(lang="zh" if lang == "en" else "en").save(tmp_path / "other.html")
    assert study.map(lang=lang).save(tmp_path / "again.html").read_bytes() == path.read_bytes()
