"""The scheme of a composite index as a TOML file that can be printed beside its results.

Each dimension is a table ``[dimensions.<key>]`` with a list of `indicators`; see `read_scheme` for an example. The file
is read as a whole: everything wrong with it is said at once, with its lines.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fringe.errors import LayerError, StudyError
from fringe.io.files import demand_file
from fringe.io.manifest import line_of, parsed_toml, toml_text
from fringe.model.problem import Problem, refuse
from fringe.model.scheme import Dimension, Indicator, Scheme

_KEYS = ("title", "edition", "dimensions")
_DIMENSION_KEYS = ("name", "weight", "indicators")
_INDICATOR_KEYS = ("column", "floor", "target", "weight", "direction", "source")
_DIRECTIONS = ("higher", "lower")
# Columns of the result that a dimension cannot be called.
_TAKEN = ("composite", "rated", "reason", "n_indicators", "indicators_share", "rank", "rank_low", "rank_high")


def read_scheme(path: str | os.PathLike[str]) -> Scheme:
    r"""Return the scheme of a composite index from a TOML file.

    Parameters
    ----------
    path
        The file. `title` and `edition` are texts; each ``[dimensions.<key>]`` has `indicators` and may have a `name`
        and a `weight`; an indicator has a `column`, a `floor` and a `target`, and may have a `weight`, a `source`, and
        a `direction` (``"higher"`` or ``"lower"`` is better), which must agree with floor and target. Weights are 1
        where none are given.

    Raises
    ------
    LayerError
        With everything that is wrong: no such file; not TOML; unknown keys; missing columns or figures; a floor equal
        to its target; weights not above 0; a column used twice; no dimensions.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "index.toml"
    >>> _ = path.write_text('''
    ... title = "Clean and pleasant"
    ... [dimensions.clean]
    ... indicators = [
    ...     { column = "points_closed_share", floor = 0.5, target = 1.0 },
    ...     { column = "bare_share", floor = 0.2, target = 0.05, weight = 2 },
    ... ]
    ... [dimensions.pleasant]
    ... indicators = [{ column = "covered_share", floor = 0.1, target = 0.35 }]
    ... ''')
    >>> [(one.key, len(one.indicators)) for one in read_scheme(path).dimensions]
    [('clean', 2), ('pleasant', 1)]
    """
    path = Path(path)
    demand_file(path, path.name)
    try:
        text = toml_text(path)
        given = parsed_toml(text, path)
    except StudyError as error:
        raise LayerError(error.problems) from error
    reader = _Reader(text, path.name)
    scheme = reader.scheme(given)
    refuse(reader.problems, LayerError)
    return scheme


class _Reader:
    """One pass over a parsed scheme, collecting problems."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.problems: list[Problem] = []

    def scheme(self, given: Mapping[str, Any]) -> Scheme:
        """Return the scheme; what is wrong in it is left out and said in `problems`."""
        self._known(given, _KEYS, "")
        tables = given.get("dimensions", {})
        if not isinstance(tables, dict) or not tables:
            self._say("scheme_empty", "dimensions")
            tables = {}
        dimensions = tuple(self._dimension(key, table) for key, table in tables.items())
        seen: set[str] = set()
        for one in [one for dimension in dimensions for one in dimension.indicators]:
            if one.column in seen:
                self._say("scheme_twice", one.column, column=one.column)
            seen.add(one.column)
        return Scheme(dimensions, str(given.get("title", "")), str(given.get("edition", "")))

    def _dimension(self, key: str, table: Any) -> Dimension:
        where = f"dimensions.{key}"
        if key in _TAKEN:
            self._say("scheme_name_taken", where, value=key)
        listed = table.get("indicators") if isinstance(table, dict) else None
        if not isinstance(listed, list) or not listed:
            self._say("scheme_no_indicators", where, value=key)
            return Dimension(key, ())
        self._known(table, _DIMENSION_KEYS, f"{where}.")
        found = [self._indicator(item, f"{where}.indicators[{at}]") for at, item in enumerate(listed)]
        weight = self._weight(table, where)
        return Dimension(key, tuple(one for one in found if one is not None), weight, str(table.get("name", "")))

    def _indicator(self, item: Any, where: str) -> Indicator | None:
        column = item.get("column") if isinstance(item, dict) else None
        if not isinstance(column, str) or not column:
            self._say("scheme_key_missing", where, entry=where, value="column")
            return None
        self._known(item, _INDICATOR_KEYS, f"{where}.", column)
        floor, target = (self._number(item, key, column) for key in ("floor", "target"))
        if floor is None or target is None:
            return None
        direction = item.get("direction")
        if floor == target:
            self._say("scheme_flat", column, column=column, value=f"{floor:g}")
        elif direction is not None and direction not in _DIRECTIONS:
            self._say("scheme_direction", column, column=column, value=direction, allowed=", ".join(_DIRECTIONS))
        elif direction is not None and (direction == "higher") != (target > floor):
            params = {"value": direction, "floor": f"{floor:g}", "target": f"{target:g}"}
            self._say("scheme_contradicts", column, column=column, **params)
        return Indicator(column, floor, target, self._weight(item, column), str(item.get("source", "")))

    def _number(self, item: Mapping[str, Any], key: str, column: str) -> float | None:
        value = item.get(key)
        if value is None:
            self._say("scheme_key_missing", column, entry=column, value=key)
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._say("scheme_number", column, entry=f"{column}.{key}", value=str(value))
            return None
        return float(value)

    def _weight(self, item: Mapping[str, Any], entry: str) -> float:
        value = item.get("weight", 1.0)
        fit = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fit or value <= 0:
            self._say("scheme_weight", entry, entry=entry, value=str(value))
            return 1.0
        return float(value)

    def _known(self, table: Mapping[str, Any], allowed: tuple[str, ...], where: str, at: str = "") -> None:
        for key in [key for key in table if key not in allowed]:
            near = get_close_matches(key, allowed, n=1)
            params = {"entry": where + key, "allowed": ", ".join(allowed), "hint": near[0] if near else ""}
            self._say("scheme_key", at or where + key, **params)

    def _say(self, code: str, at: str, **params: str) -> None:
        line = line_of(self.text, at) or self._line_naming(at)
        self.problems.append(Problem(code, self.name, () if line is None else (line,), params=params))

    def _line_naming(self, column: str) -> int | None:
        """Return the last line on which a column is named; a repeated one is wrong where it is repeated."""
        named = re.compile(rf"""column\s*=\s*(["']){re.escape(column)}\1""")
        lines = [number for number, line in enumerate(self.text.splitlines(), start=1) if named.search(line)]
        return lines[-1] if lines else None
