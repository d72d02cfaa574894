"""The ledger of a study: what is recorded of its tasks and findings, and where they stand on a day.

Whatever is recorded is an entry of its own in the study's `store`, on the disk when the method returns; nothing that
stands there is changed. Each method returns the study with it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import pandas as pd

from fringe.io.log_csv import write_log
from fringe.io.log_door import add_file, add_report, joined, take_back
from fringe.recording import kind_of, record_finding, record_findings, undo_finding, update_finding
from fringe.study_layers import Layers


@dataclass(frozen=True, repr=False, eq=False)
class Ledger(Layers):
    """The part of `fringe.Study` that records."""

    def report(
        self,
        task: str,
        *,
        date: object,
        done: object,
        reporter: str | None = None,
        note: str | None = None,
        evidence: str | None = None,
        corrects: str | None = None,
    ) -> Self:
        """Record how much of a task is done altogether, and return the study with it; it is on the disk by then.

        Parameters
        ----------
        task
            Its id.
        date
            The day it speaks of; not after today.
        done
            Cumulative: a number in the task's unit, or a text such as ``"3.2亩"`` or ``"85%"``.
        reporter, note, evidence
            Who says so, what else is to be said, and what shows it, such as the name of a photograph.
        corrects
            The id of a report that this one replaces.

        Raises
        ------
        LedgerError
            With everything that is wrong with it; nothing is then recorded.
        StudyError
            If there is no `store`, or it cannot be written to.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import fringe as fr
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "district.gpkg"
        >>> fr.Study.open(fr.sample()).save(path)
        >>> study = fr.Study.open(path).report("T001", date="2020-04-10", done="15亩", reporter="Li")
        >>> float(study.reports["done"].iloc[-1]), len(fr.Study.open(path).reports) == len(study.reports)
        (10000.0, True)
        """
        given = {"task": task, "date": date, "done": done, "corrects": corrects}
        given |= {"reporter": reporter, "note": note, "evidence": evidence}
        return self._with(add_report(self.store, self.tasks, self.reports, given, faults=self.problems))

    def report_from(self, path: str | os.PathLike[str], *, year: int | None = None) -> Self:
        """Record all reports of an Excel workbook or CSV file, or none: every row refused is named with its cell.

        `year` is that of days written without one.
        """
        return self._with(add_file(self.store, self.tasks, self.reports, Path(path), year=year, faults=self.problems))

    def record_finding(
        self, zone: str | None = None, *, category: str, found_on: object, at: object = None, **more: object
    ) -> Self:
        """Record what an inspection found, and return the study with it; it is on the disk by then.

        Parameters
        ----------
        zone
            Its id or name; `None`: the zone it lies in.
        category
            What kind of thing was found, such as ``"rubbish"``.
        found_on
            The day; not after today.
        at
            Where: longitude and latitude in WGS 84, or a point in the study's coordinate system.
        more
            `text`, `severity`, `responsible`, `due`, `photo`, `accuracy_m`, `reporter`, `note`; `rectified_on`,
            `verified_on`, `closed_on`, `returned_on` where that has happened already.

        Raises
        ------
        LedgerError
            With everything that is wrong with it; nothing is then recorded.
        StudyError
            If there is no `store`, or it cannot be written to.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import fringe as fr
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "district.gpkg"
        >>> fr.Study.open(fr.sample()).save(path)
        >>> study = fr.Study.open(path)
        >>> spot = study.zones.geometry.iloc[0].representative_point()
        >>> study = study.record_finding(category="rubbish", found_on="2020-04-09", at=spot, due="2020-04-16")
        >>> study = study.update_finding(study.findings.index[-1], rectified_on="2020-04-10")
        >>> fr.findings_state(study.findings, on="2020-04-10")["status"].iloc[-1]
        'rectified'
        """
        given = {"zone": zone, "category": category, "found_on": found_on, "at": at, **more}
        return self._finding(record_finding(self.store, self.layers, given))

    def update_finding(self, finding: str, **changes: object) -> Self:
        """Record what is new of a finding, such as ``rectified_on="2020-04-10"``, by an entry that corrects it.

        Takes what `record_finding` takes; `None` takes a value back. The finding keeps its id and its earlier entries.
        """
        return self._finding(update_finding(self.store, self.layers, finding, changes))

    def findings_from(self, path: str | os.PathLike[str], *, layer: str | None = None, **reading: Any) -> Self:
        """Record all findings of a field app's export, or none: every row refused is named with its number.

        Options are those of `fringe.read_findings`. Rows recorded already are passed over, with a warning.
        """
        return self._finding(record_findings(self.store, self.layers, Path(path), layer=layer, **reading))

    def undo(
        self, entry: str, *, kind: str | None = None, reporter: str | None = None, note: str | None = None
    ) -> Self:
        """Take a report, an entry of a finding, or another undoing back, by an entry of its own: nothing is deleted.

        `kind` is ``"reports"`` or ``"findings"``; it is needed where both have an entry of that id.
        """
        if kind_of(self.layers, entry, kind) == "findings":
            return self._finding(undo_finding(self.store, self.layers, entry, reporter=reporter, note=note))
        return self._with(take_back(self.store, self.reports, entry, reporter=reporter, note=note))

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the whole log (tasks, reports, findings) as CSV files, which `fringe.read_export` reads back."""
        return write_log(self.layers, Path(folder))

    def _with(self, added: pd.DataFrame) -> Self:
        return replace(self, layers=MappingProxyType({**self.layers, "reports": joined(self.reports, added)}))

    def _finding(self, findings: Any) -> Self:
        return replace(self, layers=MappingProxyType({**self.layers, "findings": findings}))
