"""The errors of fringe: each says what was found, where, and what to do.

Every error is a `FringeError` and a `ValueError`, and carries the `problems` that caused it, all of them, so that a
notebook can show them as a table and the command line as lines. A problem renders itself in Chinese or English; the
language is chosen when the text is asked for, so one error reads in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Renderable(Protocol):
    """What an error needs of a problem: a text in a language (`None`: the language in force)."""

    def render(self, lang: str | None = None) -> str:
        """Return the problem as a sentence and its remedy."""


class FringeError(ValueError):
    """Base of all errors of fringe.

    Parameters
    ----------
    problems
        What was found. A single problem may be given bare.
    """

    def __init__(self, problems: Renderable | Sequence[Renderable]) -> None:
        self.problems: tuple[Renderable, ...] = (problems,) if isinstance(problems, Renderable) else tuple(problems)
        super().__init__(self.problems)

    def render(self, lang: str | None = None) -> str:
        """Return the whole message in one language, a line for each problem."""
        return "\n".join(problem.render(lang) for problem in self.problems)

    def __str__(self) -> str:
        return self.render()


class CRSError(FringeError):
    """A coordinate system is missing, mixed, or unfit for measuring."""


class DatumError(FringeError):
    """A datum shift (GCJ-02, BD-09) cannot be applied or decided."""


class LayerError(FringeError):
    """Rows or columns of a layer break its contract."""


class StudyError(FringeError):
    """A study cannot be opened or saved as asked."""


class LedgerError(FringeError):
    """Tasks or reports break the rules of the ledger."""


class MapError(FringeError):
    """A map cannot be drawn or saved as asked."""


class FringeWarning(UserWarning):
    """Something was repaired or left out of a figure, and the figure was computed all the same."""
