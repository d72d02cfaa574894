"""The page's JavaScript: its syntax, what it may not contain, and the unit tests of its pure parts in Node.

No linter is vendored: `node --check` reads every file, and the rules below are those whose breach would do harm. A
text that becomes markup is a hole, a word newer than Chromium 80 a blank page, and a text that runs over lines would be
changed when a page is put together.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import fringe.maps

SCRIPTS = sorted((Path(fringe.maps.__file__).parent / "assets" / "js").glob("*.js"))
UNITS = sorted((Path(__file__).parents[1] / "js").glob("*.test.mjs"))
MARKUP = r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|DOMParser|createContextualFragment)\b"
CODE = r"\beval\s*\(|\bnew\s+Function\b|\bsetTimeout\(\s*[\"'`]|javascript:"
NETWORK = r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b|\bimport\s*\("
# Syntax and functions that came after Chromium 80 (February 2020).
NEWER = (
    r"\?\?=|\|\|=|&&=|\.replaceAll\(|\.findLast(?:Index)?\(|\.toSorted\(|\.toReversed\(|\.hasOwn\(|\bstructuredClone\b"
    r"|\.groupBy\(|\bWeakRef\b|\bAggregateError\b|\bPromise\.any\(|\bstatic\s*\{|(?<![\w$])#\w+\s*[=(;]|\.roundRect\("
    r"|\.checkVisibility\(|\bOffscreenCanvas\b|\d_\d"
)
HARM = {
    "makes markup of texts": MARKUP,
    "runs texts": CODE,
    "asks the network": NETWORK,
    "is newer than Chromium 80": NEWER,
    "was left by someone looking for a fault": r"\bdebugger\b|\bconsole\.log\b",
    "leaks a name": r"^\s*var\s",
}
_HOW = "no node found: apt-get install nodejs"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node") or shutil.which("nodejs")
    if not found:
        if os.environ.get("CI"):
            pytest.fail(_HOW)
        pytest.skip(_HOW)
    return found


def code_of(path: Path) -> str:
    """The script without its comments."""
    return re.sub(r"/\*.*?\*/|(?<![:'\"\\])//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_contain_nothing_harmful(path):
    code = code_of(path)
    found = {what: hit[0] for what, rule in HARM.items() if (hit := re.search(rule, code, re.MULTILINE))}
    assert found == {}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_strict_and_no_text_runs_over_lines(path):
    text = path.read_text(encoding="utf-8")
    assert '"use strict";' in text
    assert all(line.count("`") % 2 == 0 for line in text.splitlines())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("box.innerHTML = name", "makes markup of texts"),
        ("setTimeout('x()', 1)", "runs texts"),
        ("a ??= b", "is newer than Chromium 80"),
        ("text.replaceAll('a', 'b')", "is newer than Chromium 80"),
        ("fetch('a')", "asks the network"),
    ],
)
def test_the_rules_find_what_they_are_for(line, what):
    assert re.search(HARM[what], line, re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_valid(path, node):
    done = subprocess.run([node, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name.partition(".")[0])
def test_units(path, node):
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]", done.stdout)
