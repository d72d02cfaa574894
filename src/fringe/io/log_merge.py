"""What a study's store holds, put behind what its own files say.

A study of files keeps new reports in a *store* beside them, a GeoPackage named in `study.toml`; the office's Excel
ledger is never written to. Both are one log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from fringe.io.log import read_log
from fringe.io.log_door import joined
from fringe.model.entries import conform_ledger
from fringe.model.layers import LEDGER_KINDS
from fringe.model.problem import Problem


def with_store(
    layers: dict[str, Any], problems: list[Problem], store: Path | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the layers with the reports of a store behind their own, and the problems of all.

    Parameters
    ----------
    layers
        Of the study's files, by kind.
    problems
        Found in them.
    store
        The store; nothing is added where there is none yet.

    Raises
    ------
    StudyError
        If the file is no store, or cannot be read.
    """
    if store is None or not store.exists():
        return layers, problems
    stored = read_log(store)
    fresh = {kind: joined(layers.get(kind, pd.DataFrame()), stored[kind]) for kind in LEDGER_KINDS if kind in stored}
    if not fresh:
        return layers, problems
    both = {kind: fresh.get(kind, layers.get(kind, pd.DataFrame())) for kind in LEDGER_KINDS}
    tasks, reports, found = conform_ledger(both["tasks"], both["reports"])
    ids = {kind: set(frame.index) for kind, frame in stored.items()}
    kept = [one for one in problems if not _settled(one, ids.get("reports", set()))]
    new = [one for one in found if ids.get(one.layer, set()) & set(one.rows)]
    return {**layers, "tasks": tasks, "reports": reports}, kept + new


def _settled(found: Problem, stored: set[Any]) -> bool:
    """Return whether a problem of the files alone is none with the store: a correction of what is stored there."""
    return found.code == "unknown_report" and found.params.get("value") in stored
