"""Every text there is exists in both languages, and every text that is asked for exists."""

from __future__ import annotations

import re
import string
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from fringe.model import words
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem

SOURCES = Path(words.__file__).parents[1]
CODE = "\n".join(file.read_text(encoding="utf-8") for file in sorted(SOURCES.rglob("*.py")))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_entry_has_both_languages_and_problems_a_remedy():
    for key, entry in words.entries().items():
        assert {"zh", "en"} <= set(entry), key
        if key.startswith("problem."):
            assert {"remedy_zh", "remedy_en"} <= set(entry), key
            extra = {"column", "name", "hint"}  # every problem of a column has both its label and its name
            languages = [fields(entry[lang]) | fields(entry[f"remedy_{lang}"]) for lang in ("zh", "en")]
            assert languages[0] - extra == languages[1] - extra, key


def test_no_key_stands_in_two_files():
    files = (SOURCES / "model" / "text").glob("*.toml")
    counts = Counter(key for file in files for key in tomllib.loads(file.read_text(encoding="utf-8")))
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_text_asked_for_exists():
    codes = {f"problem.{code}" for code in re.findall(r'Problem\(\s*"(\w+)"', CODE)}
    keys = set(re.findall(r'words\.text\(\s*"([\w.]+)"', CODE))
    assert len(codes) > 50
    assert {key for key in codes | keys if not words.has(key)} == set()


def test_no_problem_is_left_over():
    quoted = set(re.findall(r'"(\w+)"', CODE))
    assert [key for key in words.entries() if key.startswith("problem.") and key[8:] not in quoted] == []


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_every_column_and_value_of_a_contract_has_a_label(kind):
    spec = LAYERS[kind]
    for lang in ("zh", "en"):
        assert words.label(kind, lang) != kind or lang == "en"
        for column in spec.columns:
            assert words.has(f"label.{column.name}"), column.name
            assert not (lang == "zh" and words.label(column.name, lang).isascii()), column.name


def test_the_language_in_force(monkeypatch):
    monkeypatch.setenv("FRINGE_LANG", "zh")
    assert words.resolve_lang() == "zh"
    assert words.resolve_lang("en") == "en"
    monkeypatch.delenv("FRINGE_LANG")
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    assert words.resolve_lang() == "zh"
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert words.resolve_lang() == "en"


def test_many_rows_are_counted_and_a_sentence_ends_once():
    found = Problem("geometry_missing", "plots", tuple(range(9)))
    assert "4 more" in found.render("en")
    assert "另有 4 行" in found.render("zh")
    assert ".." not in found.render("en")
    assert "。。" not in found.render("zh")
