"""The scheme of an assessment as a TOML file that can be printed beside its results.

The file is read as a whole: everything wrong with it is said at once, with its lines.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fringe.errors import LedgerError, StudyError
from fringe.io.files import demand_file
from fringe.io.manifest import line_of, parsed_toml, toml_text
from fringe.model.assessment import AWARDS, GRADES, OPERATORS, Assessment, Gate, Item
from fringe.model.problem import Problem, refuse

_KEYS = ("title", "edition", "tie", "adjust", "items", "gates", "grades", "awards")
_ITEM_KEYS = ("floor", "target", "weight", "cap", "noise", "name")
_GATE_KEYS = ("column", "op", "value", "score", "name")
_HIGHEST = 100.0


def read_assessment(path: str | os.PathLike[str]) -> Assessment:
    r"""Return the scheme of an assessment from a TOML file.

    Parameters
    ----------
    path
        The file. Each ``[items.<column>]`` may have `floor` (0), `target` (1), `weight` (1), `cap` (1), `noise` (0) and
        a `name`; each ``[gates.<key>]`` has `column`, `op` (> >= < <= ==), `value`, and may have the `score` it limits
        to (0) and a `name`; ``[grades]`` has the least score for `excellent`, `good`, `pass`; ``[awards]`` how many get
        a `red_flag` and a `yellow_flag`; `adjust` lists columns, `tie` names one; `title` and `edition` are texts.

    Raises
    ------
    LedgerError
        With everything that is wrong, by line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "monthly.toml"
    >>> _ = path.write_text('''
    ... title = "Monthly assessment"
    ... adjust = ["n_tasks"]
    ... [items.progress_share]
    ... weight = 60
    ... noise = 0.02
    ... [items.spi_t]
    ... weight = 40
    ... floor = 0.6
    ... [gates.accidents]
    ... column = "n_accidents"
    ... op = ">"
    ... value = 0
    ... [grades]
    ... excellent = 90
    ... pass = 60
    ... ''')
    >>> scheme = read_assessment(path)
    >>> [item.column for item in scheme.items], scheme.gates[0].score, dict(scheme.grades)
    (['progress_share', 'spi_t'], 0.0, {'excellent': 90.0, 'pass': 60.0})
    """
    path = Path(path)
    demand_file(path, path.name)
    try:
        text = toml_text(path)
        given = parsed_toml(text, path)
    except StudyError as error:
        raise LedgerError(error.problems) from error
    reader = _Reader(text, path.name)
    scheme = reader.assessment(given)
    refuse(reader.problems, LedgerError)
    return scheme


class _Reader:
    """One pass over a parsed file, collecting problems."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.problems: list[Problem] = []

    def assessment(self, given: Mapping[str, Any]) -> Assessment:
        """Return the scheme; what is wrong in it is left out and said in `problems`."""
        self._known(given, _KEYS, "")
        items = tuple(self._item(column, table) for column, table in self._tables(given, "items"))
        if not items:
            self._say("assessment_empty", "items")
        gates = [self._gate(key, table) for key, table in self._tables(given, "gates")]
        adjust = given.get("adjust", [])
        if not isinstance(adjust, list) or not all(isinstance(name, str) for name in adjust):
            self._say("assessment_value", "adjust", entry="adjust", value=str(adjust), allowed='["…", "…"]')
            adjust = []
        for key in ("tie", "title", "edition"):
            if not isinstance(given.get(key, ""), str):
                self._say("assessment_value", key, entry=key, value=str(given[key]), allowed='"…"')
        return Assessment(
            items,
            tuple(gate for gate in gates if gate is not None),
            self._grades(given),
            self._awards(given),
            tuple(adjust),
            *(str(given.get(key, "")) for key in ("tie", "title", "edition")),
        )

    def _tables(self, given: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
        tables = given.get(key, {})
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            self._say("assessment_value", key, entry=key, value=str(tables), allowed=f"[{key}.…]")
            return []
        return list(tables.items())

    def _item(self, column: str, table: Mapping[str, Any]) -> Item:
        where = f"items.{column}"
        self._known(table, _ITEM_KEYS, f"{where}.")
        floor, target = self._number(table, "floor", where, 0.0), self._number(table, "target", where, 1.0)
        if floor == target:
            self._say("assessment_value", where, entry=f"{where}.target", value=f"{target:g}", allowed=f"≠ {floor:g}")
        weight = self._number(table, "weight", where, 1.0, above=0.0)
        cap = self._number(table, "cap", where, 1.0, least=1.0)
        noise = self._number(table, "noise", where, 0.0, least=0.0)
        return Item(column, floor, target, weight, cap, noise, str(table.get("name", "")))

    def _gate(self, key: str, table: Mapping[str, Any]) -> Gate | None:
        where = f"gates.{key}"
        self._known(table, _GATE_KEYS, f"{where}.")
        lacking = [name for name in ("column", "op", "value") if name not in table]
        for name in lacking:
            self._say("assessment_value", where, entry=f"{where}.{name}", value="–", allowed="…")
        if lacking:
            return None
        if not isinstance(table["column"], str):
            self._say("assessment_value", where, entry=f"{where}.column", value=str(table["column"]), allowed='"…"')
            return None
        if table["op"] not in OPERATORS:
            self._say("assessment_value", where, entry=f"{where}.op", value=table["op"], allowed=" ".join(OPERATORS))
            return None
        value = self._number(table, "value", where, 0.0)
        score = self._number(table, "score", where, 0.0, least=0.0, most=_HIGHEST)
        return Gate(str(table["column"]), table["op"], value, score, str(table.get("name", key)))

    def _grades(self, given: Mapping[str, Any]) -> Mapping[str, float]:
        table = dict(self._plain(given, "grades", GRADES))
        found = {
            name: self._number(table, name, "grades", 0.0, least=0.0, most=_HIGHEST) for name in GRADES if name in table
        }
        scores = list(found.values())
        if scores != sorted(scores, reverse=True):
            allowed = " > ".join(name for name in GRADES if name in found)
            self._say("assessment_value", "grades", entry="grades", value=str(found), allowed=allowed)
        return MappingProxyType(found)

    def _awards(self, given: Mapping[str, Any]) -> Mapping[str, int]:
        found = {}
        for name, count in self._plain(given, "awards", AWARDS):
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                self._say("assessment_value", "awards", entry=f"awards.{name}", value=str(count), allowed="0, 1, 2, …")
            elif name in AWARDS:
                found[name] = count
        return MappingProxyType(found)

    def _plain(self, given: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> list[tuple[str, Any]]:
        table = given.get(key, {})
        if not isinstance(table, dict):
            self._say("assessment_value", key, entry=key, value=str(table), allowed=f"[{key}]")
            return []
        self._known(table, allowed, f"{key}.")
        return list(table.items())

    def _number(
        self,
        table: Mapping[str, Any],
        key: str,
        where: str,
        default: float,
        *,
        least: float = -math.inf,
        most: float = math.inf,
        above: float = -math.inf,
    ) -> float:
        value = table.get(key, default)
        fit = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if fit and least <= value <= most and value > above:
            return float(value)
        bounds = [f"> {above:g}" * (above > -math.inf), f">= {least:g}" * (least > -math.inf)]
        bounds.append(f"<= {most:g}" * (most < math.inf))
        allowed = " ".join(part for part in bounds if part) or "0, 0.5, 10, …"
        self._say("assessment_value", where, entry=f"{where}.{key}", value=str(value), allowed=allowed)
        return default

    def _known(self, table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
        for key in [key for key in table if key not in allowed]:
            near = get_close_matches(key, allowed, n=1)
            params = {"entry": where + key, "allowed": ", ".join(allowed), "hint": near[0] if near else ""}
            self._say("assessment_key", where + key, **params)

    def _say(self, code: str, at: str, **params: str) -> None:
        line = line_of(self.text, at)
        self.problems.append(Problem(code, self.name, () if line is None else (line,), params=params))
