"""A problem: something a planner should know about the data, as a code with parameters.

The text is made from the code's entry in the word tables, in Chinese or English. Severities:

``error``
    The measures that need the layer refuse.
``warning``
    The figure is computed, and the problem is said beside it.
``repaired``
    The value was mended; the problem says what stood there before.
``note``
    Worth knowing and nothing to mend, such as a layer brought to the study's coordinate system.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from fringe.errors import FringeError, FringeWarning, LayerError
from fringe.model import words

Severity = Literal["error", "warning", "repaired", "note"]
_ROWS_SHOWN = 5
_STOPS = tuple(".!?。！？")


@dataclass(frozen=True)
class Problem:
    """What was found, in which rows of which layer, and what to do.

    Parameters
    ----------
    code
        Names the entry ``problem.<code>`` of the word tables.
    layer
        A layer kind such as ``"plots"`` (shown by its label) or any other name, such as a file's.
    rows
        Index values of the rows concerned, or where a file has no ids yet, its row numbers or cell addresses.
    severity
        ``error``, ``warning``, ``repaired`` or ``note``.
    params
        The fields of the text: ``value``, ``allowed``, …. A ``column`` is shown by its label (its own name is the field
        ``name``), a ``hint`` as the question "did you mean …?".

    Examples
    --------
    >>> found = Problem("unknown_value", "plots", ("P-8",), params={"column": "status", "value": "plantd",
    ...                 "allowed": "planned, planted", "hint": "planted"})
    >>> print(found.render("en"))
    greening plots, row P-8: Status 'plantd' is not one of planned, planted. Did you mean 'planted'? Use ...
    """

    code: str
    layer: str
    rows: tuple[Hashable, ...] = ()
    severity: Severity = "error"
    params: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: str | None = None) -> str:
        """Return what was found."""
        return words.text(f"problem.{self.code}", lang, **self._fields(lang)).rstrip()

    def remedy(self, lang: str | None = None) -> str:
        """Return what to do about it."""
        return words.text(f"problem.{self.code}", lang, part="remedy", **self._fields(lang))

    def where(self, lang: str | None = None) -> str:
        """Return the layer and the rows."""
        layer = words.label(self.layer, lang)
        if not self.rows:
            return layer
        key = "problem_row" if len(self.rows) == 1 else "problem_rows"
        return layer + words.text(f"phrase.{key}", lang, rows=shown_rows(self.rows, lang))

    def render(self, lang: str | None = None) -> str:
        """Return the whole as one sentence and its remedy."""
        message = self.message(lang)
        stop = "" if message[-1:] in _STOPS else words.text("phrase.stop", lang)
        gap = words.text("phrase.sentence_gap", lang)
        return f"{self.where(lang)}{words.text('phrase.colon', lang)}{message}{stop}{gap}{self.remedy(lang)}".rstrip()

    def _fields(self, lang: str | None) -> dict[str, Any]:
        fields: dict[str, Any] = {"rows": shown_rows(self.rows, lang), "n": len(self.rows), **self.params}
        if "column" in fields:
            fields.setdefault("name", fields["column"])
            fields["column"] = words.label(str(fields["column"]), lang)
        if "hint" in fields:
            hint = fields["hint"]
            fields["hint"] = words.text("phrase.did_you_mean", lang, hint=hint) if hint else ""
        return fields


def shown_rows(rows: Sequence[Hashable], lang: str | None = None) -> str:
    """Return the first rows by name and the number of the rest.

    Examples
    --------
    >>> shown_rows(range(1, 9), "en")
    '1, 2, 3, 4, 5 and 3 more'
    """
    head = words.text("phrase.comma", lang).join(str(row) for row in rows[:_ROWS_SHOWN])
    rest = len(rows) - _ROWS_SHOWN
    return head if rest <= 0 else words.text("phrase.and_more", lang, head=head, rest=rest)


def table(problems: Iterable[Problem], lang: str | None = None) -> pd.DataFrame:
    """Return problems as a table, a line for each row concerned.

    Returns
    -------
    table
        Columns `layer`, `row` (empty where the whole layer is meant), `severity`, `code`, `message`, `remedy`.
    """
    lines = [
        (found.layer, row, found.severity, found.code, found.message(lang), found.remedy(lang))
        for found in problems
        for row in (found.rows or ("",))
    ]
    return pd.DataFrame(lines, columns=["layer", "row", "severity", "code", "message", "remedy"])


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that make a measure refuse."""
    return [found for found in problems if found.severity == "error"]


def refuse(problems: Iterable[Problem], error: type[FringeError] = LayerError) -> None:
    """Raise one error for all problems of severity ``error``; warn of the rest.

    Warnings and repairs are said as `FringeWarning`, notes are not.
    """
    found = list(problems)
    wrong = errors_of(found)
    if wrong:
        raise error(wrong)
    for other in found:
        if other.severity in ("warning", "repaired"):
            warnings.warn(other.render(), FringeWarning, stacklevel=3)
