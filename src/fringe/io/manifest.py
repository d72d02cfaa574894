"""The manifest of a study: `study.toml`, which says where its layers are and what their files leave unsaid.

Paths in it are relative to its folder. Its tables are ``[layers.<kind>]``, ``[ledger]`` and ``[rasters.<name>]``; above
them stand the study's title, language, data date and metric coordinate system. It is read as a whole: everything wrong
with it, missing files included, is said at once.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pandas as pd
import pyproj

from fringe.errors import StudyError
from fringe.io.files import missing_file
from fringe.io.reading import plain_datum
from fringe.model.dates import parse_day
from fringe.model.datum import DATUMS
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem

_STUDY_KEYS = (
    "title",
    "lang",
    "date",
    "crs",
    "review_no",
    "attribution",
    "organisation",
    "layers",
    "ledger",
    "rasters",
)
_LAYER_KEYS = ("path", "layer", "crs", "datum", "encoding", "aliases")
_LEDGER_KEYS = ("path", "store", "names")
_RASTER_KEYS = ("path", "date")
_LANGS = ("zh", "en")
T = TypeVar("T")
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True)
class LayerSource:
    """Where a layer is, and what its file leaves unsaid; the arguments of `fringe.read_layer`."""

    kind: str
    path: Path
    layer: str | None = None
    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerSource:
    """Where tasks and reports are (`path`, an Excel file), and where new reports go (`store`, a GeoPackage).

    Its `names` say what zones and villages are meant by names that no layer has.
    """

    path: Path | None = None
    store: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RasterSource:
    """A raster and the day it shows; stands for its path where one is asked for."""

    name: str
    path: Path
    date: pd.Timestamp | None = None

    def __fspath__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Manifest:
    """What a `study.toml` says.

    Parameters
    ----------
    path
        The file itself.
    title
        Of the study, as it stands on its maps.
    lang
        ``"zh"`` or ``"en"``.
    date
        The day the data show.
    crs
        The metric coordinate system of the study; `None`: chosen.
    review_no
        The map approval number (审图号).
    attribution
        Whose data they are.
    organisation
        Who makes the map.
    layers
        By kind, in the order of the contract.
    ledger
        Tasks and reports.
    rasters
        By name.
    """

    path: Path
    title: str
    lang: str | None = None
    date: pd.Timestamp | None = None
    crs: str | None = None
    review_no: str | None = None
    attribution: str | None = None
    organisation: str | None = None
    layers: Mapping[str, LayerSource] = field(default_factory=dict)
    ledger: LedgerSource = field(default_factory=LedgerSource)
    rasters: Mapping[str, RasterSource] = field(default_factory=dict)


def read_manifest(path: str | os.PathLike[str]) -> Manifest:
    r"""Return what a `study.toml` says.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    StudyError
        With everything that is wrong: no such file; not TOML (with the line); unknown keys, kinds, datums, coordinate
        systems and languages; values of the wrong type; a missing title; no layers; files that are not there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "zones.gpkg").write_text("")
    >>> _ = (folder / "study.toml").write_text('title = "East"\n[layers.zones]\npath = "zones.gpkg"\n')
    >>> manifest = read_manifest(folder / "study.toml")
    >>> manifest.title, manifest.layers["zones"].path.name
    ('East', 'zones.gpkg')
    """
    path = Path(path)
    if (missing := missing_file(path, path.name)) is not None:
        raise StudyError(missing)
    text = toml_text(path)
    reader = _Reader(path, parsed_toml(text, path), text)
    manifest = reader.manifest()
    if reader.problems:
        raise StudyError(reader.problems)
    return manifest


def toml_text(path: Path) -> str:
    """Return the text of a TOML file that is there; one that is not UTF-8 raises a `StudyError`."""
    try:
        # Editors on Windows put a byte order mark in front.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(Problem("toml_encoding", path.name, params={"path": str(path)})) from error


def parsed_toml(text: str, path: Path) -> dict[str, Any]:
    """Return what a TOML text says; one that is not TOML raises a `StudyError` with its line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        lines = text.splitlines()
        line = int(found["line"]) if found and found["line"] else max(len(lines), 1)
        shown = lines[line - 1].strip() if line <= len(lines) else ""
        # "D:\data" is an escape in TOML; 'D:\data' is a path.
        code = "toml_backslash" if "\\" in shown and '"' in shown else "toml_syntax"
        params = {"shown": shown, "reason": _PLACE.sub("", str(error)).strip()}
        raise StudyError(Problem(code, path.name, (line,), params=params)) from error


def line_of(text: str, key: str) -> int | None:
    r"""Return the line of a manifest in which a dotted key stands, or `None`.

    Examples
    --------
    >>> line_of('title = "A"\n[layers.zones]\npath = "z.gpkg"', "layers.zones.path")
    3
    """
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = head[1].replace('"', "").replace(" ", "") + "."
            found = table == f"{key}."
        else:
            word = re.match(r"\s*([^=#]+?)\s*=", line)
            found = word is not None and table + word[1].replace('"', "") == key
        if found:
            return number
    return None


class _Reader:
    """One pass over a parsed manifest, collecting problems."""

    def __init__(self, path: Path, given: dict[str, Any], text: str) -> None:
        self.path = path
        self.text = text
        self.given = given
        self.problems: list[Problem] = []

    def manifest(self) -> Manifest:
        """Return the manifest; what is wrong in it is left out and said in `problems`."""
        given = self.given
        self._known(given, _STUDY_KEYS, "")
        title = self._text(given, "title", "")
        if not title and "title" not in {str(found.params.get("entry")) for found in self.problems}:
            self._say("study_key_missing", entry="title")
        lang = self._text(given, "lang", "")
        if lang is not None and lang not in _LANGS:
            self._say("study_value", entry="lang", value=lang, allowed=", ".join(_LANGS))
        manifest = Manifest(
            path=self.path,
            title=title or "",
            lang=lang,
            date=self._day(given, "date", ""),
            crs=self._crs(given, "crs", ""),
            review_no=self._text(given, "review_no", ""),
            attribution=self._text(given, "attribution", ""),
            organisation=self._text(given, "organisation", ""),
            layers=MappingProxyType(self._layers()),
            ledger=self._ledger(),
            rasters=MappingProxyType(self._rasters()),
        )
        if not self._table(given, "layers", "", silent=True):
            self._say("study_no_layers")
        return manifest

    def _layers(self) -> dict[str, LayerSource]:
        tables = self._table(self.given, "layers", "")
        self._known(tables, tuple(LAYERS), "layers.", code="study_kind")
        found = {}
        for kind in LAYERS:
            if kind not in tables:
                continue
            where = f"layers.{kind}."
            table = self._table(tables, kind, "layers.")
            self._known(table, _LAYER_KEYS, where)
            path = self._file(table, "path", where, kind, needed=True)
            datum = self._text(table, "datum", where)
            if datum is not None and plain_datum(datum) not in DATUMS:
                self._say("study_value", entry=f"{where}datum", value=datum, allowed=", ".join(DATUMS))
            if path is not None:
                found[kind] = LayerSource(
                    kind=kind,
                    path=path,
                    layer=self._text(table, "layer", where),
                    crs=self._crs(table, "crs", where),
                    datum=datum,
                    encoding=self._text(table, "encoding", where),
                    aliases=MappingProxyType(self._aliases(table, where)),
                )
        return found

    def _aliases(self, table: dict[str, Any], where: str, key: str = "aliases") -> dict[str, str]:
        aliases = self._table(table, key, where)
        for heading, column in aliases.items():
            if not isinstance(column, str):
                self._wrong_type(f"{where}{key}.{heading}", column, "study_type_text")
        return {heading: column for heading, column in aliases.items() if isinstance(column, str)}

    def _ledger(self) -> LedgerSource:
        table = self._table(self.given, "ledger", "")
        self._known(table, _LEDGER_KEYS, "ledger.")
        if "ledger" in self.given and isinstance(self.given["ledger"], dict) and not table:
            self._say("study_key_missing", entry="ledger.path")
        store = self._text(table, "store", "ledger.")
        if store is not None and not self._beside(store).parent.is_dir():
            folder = self._beside(store).parent
            self._add(Problem("file_missing_folder", "ledger", params={"path": store, "folder": str(folder)}))
        return LedgerSource(
            self._file(table, "path", "ledger.", "tasks", needed=False),
            None if store is None else self._beside(store),
            MappingProxyType(self._aliases(table, "ledger.", "names")),
        )

    def _rasters(self) -> dict[str, RasterSource]:
        found = {}
        for name in self._table(self.given, "rasters", ""):
            where = f"rasters.{name}."
            table = self._table(self.given["rasters"], name, "rasters.")
            self._known(table, _RASTER_KEYS, where)
            path = self._file(table, "path", where, name, needed=True)
            date = self._day(table, "date", where)
            if path is not None:
                found[name] = RasterSource(name, path, date)
        return found

    def _file(self, table: dict[str, Any], key: str, where: str, layer: str, *, needed: bool) -> Path | None:
        given = self._text(table, key, where)
        if given is None:
            if needed and key not in table:
                self._say("study_key_missing", entry=where + key)
            return None
        path = self._beside(given)
        if (missing := missing_file(path, layer)) is not None:
            self._add(missing)
        return path

    def _beside(self, given: str) -> Path:
        """Return a path of the manifest; a backslash written on Windows separates on other systems as well."""
        path = self.path.parent / given
        if os.name != "nt" and "\\" in given and not path.exists():
            path = self.path.parent / given.replace("\\", "/")
        return path

    def _text(self, table: dict[str, Any], key: str, where: str) -> str | None:
        return self._of_type(table, key, where, lambda item: item if isinstance(item, str) else None, "study_type_text")

    def _day(self, table: dict[str, Any], key: str, where: str) -> pd.Timestamp | None:
        def day(item: object) -> pd.Timestamp | None:
            return parse_day(item) if isinstance(item, str | dt.date) else None

        return self._of_type(table, key, where, day, "study_type_date")

    def _crs(self, table: dict[str, Any], key: str, where: str) -> str | None:
        given = self._text(table, key, where)
        if given is not None:
            try:
                pyproj.CRS.from_user_input(given)
            except pyproj.exceptions.CRSError:
                self._say("crs_unknown", entry=where + key, value=given)
        return given

    def _of_type(
        self, table: dict[str, Any], key: str, where: str, read: Callable[[object], T | None], code: str
    ) -> T | None:
        if key not in table:
            return None
        value = read(table[key])
        if value is None:
            self._wrong_type(where + key, table[key], code)
        return value

    def _table(self, table: dict[str, Any], key: str, where: str, *, silent: bool = False) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        if not silent:
            self._wrong_type(where + key, value, "study_type_table")
        return {}

    def _known(self, table: dict[str, Any], allowed: tuple[str, ...], where: str, code: str = "study_key") -> None:
        for key in table:
            if key not in allowed:
                near = get_close_matches(key, allowed, n=1)
                hint = near[0] if near else ""
                self._say(code, entry=where + key, value=key, allowed=", ".join(allowed), hint=hint)

    def _wrong_type(self, key: str, value: object, code: str) -> None:
        self._say(code, entry=key, value=str(value))

    def _say(self, code: str, **params: str) -> None:
        line = line_of(self.text, params.get("entry", ""))
        self._add(Problem(code, self.path.name, () if line is None else (line,), params=params))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
