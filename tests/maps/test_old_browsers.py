"""Pages in a browser of the year 2020: what came after Chromium 80 is taken away before their scripts run."""

from __future__ import annotations

import re

import pytest
from tests.maps.conftest import DESKTOP

from fringe.maps.offline import asset, slim

# By the number of Chromium they came with.
OLD = """
const gone = (owner, ...names) => names.forEach(name => owner && delete owner[name]);
gone(Array.prototype, 'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with');  // 92 to 110
gone(String.prototype, 'at', 'replaceAll', 'isWellFormed', 'toWellFormed');  // 85 to 111
gone(Object.getPrototypeOf(Int8Array.prototype), 'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'with');
gone(Uint8Array, 'fromBase64', 'fromHex');
gone(Object, 'hasOwn', 'groupBy');  // 93, 117
gone(Map, 'groupBy');
gone(Array, 'fromAsync');
gone(Promise, 'any', 'withResolvers', 'try');  // 85 to 128
gone(Set.prototype, 'union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom');  // 122
gone(Object.getPrototypeOf(Object.getPrototypeOf([].values())), 'map', 'filter', 'take', 'drop', 'flatMap', 'reduce',
  'toArray', 'forEach', 'some', 'every', 'find');  // 122
for (const owner of [Element, Document, DocumentFragment]) gone(owner.prototype, 'replaceChildren');  // 86
gone(Element.prototype, 'checkVisibility', 'getHTML', 'setHTML', 'setHTMLUnsafe', 'ariaLabel');  // 81 to 125
gone(HTMLElement.prototype, 'inert', 'showPopover', 'hidePopover', 'togglePopover');  // 102, 114
gone(CanvasRenderingContext2D.prototype, 'roundRect', 'reset', 'createConicGradient', 'letterSpacing', 'fontKerning');
gone(Blob.prototype, 'bytes');
gone(Response.prototype, 'bytes');
gone(URL, 'canParse', 'parse');
gone(Intl, 'Segmenter', 'DisplayNames', 'ListFormat');
gone(window, 'structuredClone', 'WeakRef', 'FinalizationRegistry', 'scheduler', 'reportError', 'Iterator');
"""

# Rules of style after Chromium 80 without which a page is not laid out or is bare. What only spaces things, or stands
# within @supports, may be newer.
NEWER_STYLE = (
    r"(?<![\w-])(?:inset|translate)\s*:|aspect-ratio\s*:|:where\(|:has\(|@layer|@container|color-mix\(|\bsubgrid\b"
)


def test_the_style_is_laid_out_in_a_browser_of_2020():
    style = slim(asset("fringe.css"))
    assert re.findall(NEWER_STYLE, style) == []
    assert all(style.find("@supports selector(:is(a))") < hit.start() for hit in re.finditer(r":is\(", style))


@pytest.mark.browser
def test_a_page_works_in_a_browser_of_2020(chinese, browser, town):
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, offline=True)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(OLD)
    page.goto(chinese.as_uri())
    page.wait_for_selector("html[data-painted]", state="attached", timeout=20_000)
    assert page.evaluate("() => [typeof [].at, typeof document.body.replaceChildren]") == ["undefined", "undefined"]
    name = town.zones["name"].iloc[5]
    page.click(".fringe-tool-search")
    page.keyboard.type(name)
    page.wait_for_selector(".fringe-hits li")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fringe-popup")
    assert name in page.inner_text(".fringe-popup")
    page.click(".fringe-tool-filter")
    page.click(".fringe-chip >> nth=0")
    page.click(".fringe-tool-table")
    page.click(".fringe-table-panel th button >> nth=1")
    assert page.locator(".fringe-table-panel tbody td").count() > 5
    page.click(".fringe-tool-measure")
    for at in (500, 600):
        page.mouse.click(at, 300)
    page.wait_for_selector(".fringe-measure-panel td")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.evaluate("() => fringe.settled()")
    assert complaints == []
    context.close()
