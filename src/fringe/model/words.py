"""Every label and message in Chinese and English, kept as data in `model/text/*.toml`.

An entry is a table named by its key, with `zh` and `en`; an entry of a problem also has `remedy_zh` and `remedy_en`.
Texts are `str.format` templates. The keys of the files are one namespace: ``label.<column>``,
``value.<column>.<value>``, ``layer.<kind>``, ``problem.<code>``, ``map.<word>``, ``cli.<word>``.

The language of a text is the argument `lang`, else the environment's ``FRINGE_LANG``, else the locale's, else English.
"""

from __future__ import annotations

import locale
import os
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

Lang = Literal["zh", "en"]


def resolve_lang(lang: str | None = None) -> Lang:
    """Return the language in force.

    Parameters
    ----------
    lang
        ``"zh"``, ``"en"``, a locale name such as ``"zh_CN.UTF-8"``, or `None` for the environment's choice.

    Examples
    --------
    >>> resolve_lang("zh_CN.UTF-8"), resolve_lang("en")
    ('zh', 'en')
    """
    for wish in (lang, os.environ.get("FRINGE_LANG"), locale.getlocale()[0]):
        if wish:
            # Windows names its locales in words: "Chinese (Simplified)_China".
            return "zh" if wish.lower().startswith(("zh", "chinese")) else "en"
    return "en"


@cache
def entries() -> dict[str, dict[str, str]]:
    """Return all entries of all word files, by key."""
    found: dict[str, dict[str, str]] = {}
    folder = resources.files("fringe.model") / "text"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            found.update(tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def has(key: str) -> bool:
    """Return whether a key has an entry."""
    return key in entries()


def text(key: str, lang: str | None = None, *, part: str = "", **params: object) -> str:
    """Return the text of a key in a language, with its parameters filled in.

    Parameters
    ----------
    key
        Such as ``"label.covered_m2"``.
    lang
        See `resolve_lang`.
    part
        ``""`` for the text itself, ``"remedy"`` for what to do.
    **params
        Values of the template's fields.

    Examples
    --------
    >>> text("layer.plots", "zh"), text("layer.plots", "en")
    ('绿化地块', 'greening plots')
    """
    language = resolve_lang(lang)
    template = entries()[key][f"{part}_{language}" if part else language]
    return template.format(**params) if params else template


def label(name: str, lang: str | None = None) -> str:
    """Return the label of a column or layer for people; a name without an entry stands for itself.

    Examples
    --------
    >>> label("township", "zh"), label("my_own_column", "zh")
    ('乡镇/街道', 'my_own_column')
    """
    for key in (f"label.{name}", f"layer.{name}"):
        if has(key):
            return text(key, lang)
    return name


def value(column: str, item: object, lang: str | None = None) -> str:
    """Return the word for a value of a column; a value without an entry stands for itself.

    Examples
    --------
    >>> value("status", "planted", "zh"), value("status", "planted", "en")
    ('已栽植', 'planted')
    """
    key = f"value.{column}.{item}"
    return text(key, lang) if has(key) else str(item)
