"""Maps in notebooks: shown inline, small, the same each time, and a sentence where a notebook takes frames away."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest


class Frames(HTMLParser):
    """The attributes of frames, and what stands in and around them, as a notebook that takes tags away leaves it."""

    def __init__(self, markup):
        super().__init__()
        self.frames, self.left = [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        assert tag == "iframe"
        self.frames.append(dict(attrs))

    def handle_data(self, data):
        self.left += data


def test_the_frame_holds_the_page_as_saved_and_little_more(town, tmp_path):
    sheet = town.sheet("zh")
    page = sheet.save(tmp_path / "a.html").read_text(encoding="utf-8")
    shown = sheet._repr_html_()
    assert [frame["srcdoc"] for frame in Frames(shown).frames] == [page]
    assert len(shown) < len(page) * 1.03 + 1000
    assert sheet._repr_html_() == shown
    assert sheet.to_folium().get_root()._repr_html_() == shown


def test_an_untrusted_notebook_says_what_to_do(town):
    left = Frames(town.sheet("zh")._repr_html_()).left
    assert "信任笔记本" in left
    assert ".save()" in left
    assert "Folium" not in left


def test_the_frame_is_out_of_reach_of_the_notebook(town):
    rights = Frames(town.sheet("en")._repr_html_()).frames[0]["sandbox"].split()
    assert "allow-scripts" in rights
    assert "allow-same-origin" not in rights


@pytest.mark.browser
def test_the_map_paints_within_a_notebooks_page(town, browser, tmp_path):
    shown = town.sheet("zh", title="'单' \"双\" <b> &amp;")._repr_html_()
    outer = tmp_path / "notebook.html"
    outer.write_text(f"<!DOCTYPE html><meta charset=utf-8><p>In [1]:</p><div>{shown}</div>", encoding="utf-8")
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    page = context.new_page()
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(outer.as_uri())
    frame = page.frames[1]
    frame.wait_for_selector("html[data-painted]", state="attached", timeout=20_000)
    assert frame.inner_text(".fringe-title h1") == "'单' \"双\" <b> &amp;"
    # What stands inside the frame is for those who see no frame.
    assert not re.search("信任", page.inner_text("body"))
    assert said == []
    context.close()
