"""What of an OpenStreetMap file is in no layer, or needs a word: its objects by reason.

A *reason* is a problem without its rows. Files have many objects for few reasons, so each reason is put into words
once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from fringe.model.problem import Problem, Severity

_ORDER = {"error": 0, "warning": 1, "repaired": 2, "note": 3}


class Reason(NamedTuple):
    """A problem's code, layer, severity and parameters."""

    code: str
    layer: str
    severity: Severity
    params: tuple[tuple[str, object], ...]


class Left:
    """Objects by reason, in the order they were found.

    Examples
    --------
    >>> left = Left()
    >>> left.add("osm_no_layer", "town.osm", "way/1", tag="building=yes")
    >>> left.add("osm_no_layer", "town.osm", "way/2", tag="building=yes")
    >>> left.table("en")[["row", "message"]]
         row                                          message
    0  way/1  is tagged building=yes, which belongs to no layer
    1  way/2  is tagged building=yes, which belongs to no layer
    """

    def __init__(self) -> None:
        self._rows: dict[Reason, list[str]] = {}

    def add(self, code: str, layer: str, row: str, severity: Severity = "note", **params: object) -> None:
        """Add an object under a reason."""
        self._rows.setdefault(Reason(code, layer, severity, tuple(params.items())), []).append(row)

    def extend(self, code: str, layer: str, rows: Iterable[str], severity: Severity = "note", **params: object) -> None:
        """Add several objects under one reason."""
        self._rows.setdefault(Reason(code, layer, severity, tuple(params.items())), []).extend(rows)

    def table(self, lang: str | None = None) -> pd.DataFrame:
        """Return a line for each object: `layer`, `row`, `severity`, `code`, `message`, `remedy`; the gravest first."""
        reasons = sorted((reason for reason in self._rows if self._rows[reason]), key=lambda it: _ORDER[it.severity])
        counts = [len(self._rows[reason]) for reason in reasons]
        at = np.repeat(np.arange(len(reasons)), counts)
        found = [Problem(reason.code, reason.layer, (), reason.severity, dict(reason.params)) for reason in reasons]
        columns = {
            "layer": [problem.layer for problem in found],
            "severity": [problem.severity for problem in found],
            "code": [problem.code for problem in found],
            "message": [problem.message(lang) for problem in found],
            "remedy": [problem.remedy(lang) for problem in found],
        }
        frame = pd.DataFrame({name: np.array(items, dtype=object)[at] for name, items in columns.items()}, dtype=object)
        frame.insert(1, "row", np.array([row for reason in reasons for row in self._rows[reason]], dtype=object))
        return frame
