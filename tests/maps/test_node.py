"""The page's JavaScript: ESLint by the project's rules, its syntax, and the unit tests of its pure parts in Node.

A text that becomes markup is a hole, and a word newer than Chromium 80 a blank page: `eslint.config.mjs` forbids both.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import fringe.maps

ROOT = Path(__file__).parents[2]
FOLDER = Path(fringe.maps.__file__).parent / "assets" / "js"
SCRIPTS = sorted(FOLDER.glob("*.js"))
UNITS = sorted((Path(__file__).parents[1] / "js").glob("*.test.mjs"))
ESLINT = ROOT / "node_modules" / "eslint" / "bin" / "eslint.js"
# A line that must not pass, and the rule that must find it.
HARM = {
    "box.innerHTML = name;": "no-restricted-properties",
    "box['outerHTML'] = name;": "no-restricted-properties",
    "document.write(name);": "no-restricted-properties",
    "box.setAttribute('onclick', name);": "no-restricted-syntax",
    "setTimeout('x()', 1);": "no-implied-eval",
    "eval(name);": "no-eval",
    "box.href = 'javascript:0';": "no-script-url",
    "fetch(name);": "no-restricted-globals",
    "import(name);": "no-restricted-syntax",
    "navigator.sendBeacon(name);": "no-restricted-properties",
    "name.replaceAll('a', 'b');": "no-restricted-properties",
    "box.replaceChildren();": "no-restricted-properties",
    "structuredClone(box);": "no-restricted-globals",
    "if (name == 1) debugger;": "eqeqeq",
    "var old = 1;": "no-var",
    "console.log(name);": "no-console",
    "unheard(name);": "no-undef",
}
# Syntax that came after Chromium 80: such a file is not read at all.
NEWER = (
    "name ??= 1;",
    "const n = 1_000;",
    "class A { #own = 1; }",
    "class B { static { box = 1; } }",
    "const c = /a/v;",
)
_NO_NODE = "no node found: apt-get install nodejs"
_NO_ESLINT = "no ESLint found: make setup-test, with npm (apt-get install npm)"


def absent(how: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node") or shutil.which("nodejs")
    if not found:
        absent(_NO_NODE)
    return str(found)


@pytest.fixture(scope="module")
def eslint(node):
    if not ESLINT.exists():
        absent(_NO_ESLINT)

    def run(*arguments: str, text: str | None = None) -> list[dict]:
        done = subprocess.run(
            [node, ESLINT, "--format", "json", *arguments],
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stdout.startswith("["), done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def said(results: list[dict]) -> list[str]:
    return [
        f"{Path(file['filePath']).name}:{found['line']}: {found['ruleId']}: {found['message']}"
        for file in results
        for found in file["messages"]
    ]


def test_scripts_keep_the_rules(eslint):
    results = eslint("src", "tests/js", "eslint.config.mjs")
    assert said(results) == []
    assert {path.name for path in (*SCRIPTS, *UNITS)} <= {Path(file["filePath"]).name for file in results}


def test_the_rules_find_what_they_are_for(eslint):
    text = "\n".join(('(function (name, box) {"use strict";', *HARM, "})();"))
    [file] = eslint("--stdin", "--stdin-filename", str(FOLDER / "harm.js"), text=text)
    found = {(message["line"], message["ruleId"]) for message in file["messages"]}
    assert {line: rule for at, (line, rule) in enumerate(HARM.items(), 2) if (at, rule) not in found} == {}


@pytest.mark.parametrize("line", NEWER)
def test_syntax_is_that_of_chromium_80(eslint, line):
    text = f'(function (name, box) {{"use strict";\n{line}\n}})();'
    [file] = eslint("--stdin", "--stdin-filename", str(FOLDER / "newer.js"), text=text)
    assert [message["line"] for message in file["messages"] if message.get("fatal")] == [2], file["messages"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_valid(path, node):
    done = subprocess.run([node, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name.partition(".")[0])
def test_units(path, node):
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]", done.stdout)
