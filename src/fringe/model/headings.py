"""Matching the headings of a file to the columns of a contract.

A *heading* is what stands above a column in a file, a *column* the name the library gives it; an *alias* is another
heading for a column. A heading is *cut* when a DBF table, whose headings hold ten bytes, kept only its beginning: five
Chinese characters in GBK, three in UTF-8, where a *torn* byte of the fourth may be left, shown as U+FFFD.

Headings are matched in four steps, each over what the step before has left: the user's aliases, the columns' own names,
the contract's aliases, and beginnings of those for headings that may be cut. A guess is never taken between candidates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from fringe.model.problem import Problem, Severity
from fringe.model.units import plain

DBF_HEADING_BYTES = 10
TORN = "\N{REPLACEMENT CHARACTER}"
# A file whose encoding is not known may have been cut in either of the two that offices use.
_ENCODINGS = ("gb18030", "utf-8")
_WIDEST = 4  # bytes of a character in UTF-8 and GB18030
# Row numbers of a form or a database: they name a row only where nothing better does.
_WEAK = frozenset({"序号", "id", "fid", "objectid"})
_OPEN_UNIT = re.compile(r"\s*[(（\[【][^)）\]】]*$")
_IN_UNITS = ("_m", "_m2", "_km", "_share")
# How alike a misspelt column name must be to be worth asking about.
_ALIKE = 0.8


def match_headings(
    headings: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    extra: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    texts: Container[str] = (),
) -> tuple[dict[str, str], list[Problem]]:
    """Return which column each heading stands for, and what is doubtful.

    Parameters
    ----------
    headings
        As they stand in the file, without their units.
    columns
        Column to its aliases, in order of preference.
    extra
        The user's aliases, heading to column (or to one of the column's aliases). They come before all others.
    encoding
        Of a DBF table; `None` if unknown.
    texts
        Columns no figure is computed from: of two headings for one of them the alias named first is taken, with a
        warning.

    Returns
    -------
    mapping
        Heading to column, for the headings that were recognised. A heading that bears a column's name while the user's
        alias gives that column to another one is mapped to ``<name>_given``, so that no two columns share a name.
    problems
        Without a layer: ``heading_twice`` (two headings for one column; an error unless one of them is clearly the
        better, or the column is in `texts`), ``heading_ambiguous`` (a cut heading with several candidates, an error),
        ``heading_cut`` (a cut heading that was recognised; a warning where its unit may have been cut as well),
        ``heading_unit_cut`` (its unit was, an error), ``alias_unused`` and ``alias_unknown`` (warnings about `extra`).

    Examples
    --------
    >>> columns = {"name": ["名称", "片区名称"], "township": ["乡镇", "所属乡镇"], "population": ["人口"]}
    >>> match_headings(["片区名称", " 人 口", "POPULATION", "面积"], columns)[0]
    {'POPULATION': 'population', '片区名称': 'name'}
    >>> match_headings(["所属乡\N{REPLACEMENT CHARACTER}"], columns, encoding="utf-8")[0]
    {'所属乡�': 'township'}
    """
    match = _Match(list(headings), {name: (name, *aliases) for name, aliases in columns.items()}, encoding, texts)
    match.repeated()
    match.by_user(extra or {})
    match.by_name()
    match.by_alias()
    match.by_beginning(extra or {})
    return match.mapping, match.problems


@dataclass
class _Match:
    """The state of one matching: what is recognised so far, and what was found."""

    headings: list[str]
    columns: dict[str, tuple[str, ...]]
    encoding: str | None
    texts: Container[str]
    mapping: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _spoiled: set[str] = field(default_factory=set)

    def repeated(self) -> None:
        """Leave out headings that stand in the file twice: nothing tells them apart."""
        counts = Counter(self.headings)
        self._spoiled = {heading for heading, count in counts.items() if count > 1}
        for heading in sorted(self._spoiled):
            if column := self._column_of(heading):
                self._say("heading_twice", "error", column=column, headings=f"{heading}, {heading}")

    def by_user(self, extra: Mapping[str, str]) -> None:
        """Take the user's word."""
        for alias, wanted in extra.items():
            column = self._column_of(wanted) or wanted
            if column not in self.columns and (near := get_close_matches(column, self.columns, n=1, cutoff=_ALIKE)):
                self._say("alias_unknown", "warning", heading=alias, value=wanted, hint=near[0])
            meant = [heading for heading in self._free() if plain(heading) == plain(alias)]
            cut = [] if meant else [heading for heading in self._free() if self._cut_from(heading, alias)]
            if meant or cut:
                self._give(column, meant or cut)
                for heading in cut[:1]:
                    self._say_cut(heading, column)
            else:
                near = get_close_matches(alias, self.headings, n=1)
                self._say("alias_unused", "warning", heading=alias, value=wanted, hint=near[0] if near else "")
        for heading in self._free():
            if heading in self.mapping.values():
                self.mapping[heading] = f"{heading}_given"
                self._say("heading_twice", "note", column=heading, headings=f"{self._heading(heading)}, {heading}")

    def by_name(self) -> None:
        """Match headings that are a column's own name."""
        for column in self.columns:
            self._give(column, [heading for heading in self._free() if plain(heading) == plain(column)])

    def by_alias(self) -> None:
        """Match headings that are an alias of one column, or of several of which one is still without a heading."""
        for weak in (False, True):
            found: dict[str, list[str]] = {}
            for heading in self._free():
                if (plain(heading) in _WEAK) is weak:
                    owners = self._owners(heading)
                    column = next((owner for owner in owners if not self._taken(owner)), next(iter(owners), None))
                    if column is not None:
                        found.setdefault(column, []).append(heading)
            for column, headings in found.items():
                self._give(column, headings)

    def by_beginning(self, extra: Mapping[str, str]) -> None:
        """Match headings that may be cut to the one free column with an alias that begins so."""
        known = {column: list(aliases) for column, aliases in self.columns.items() if not self._taken(column)}
        for alias, wanted in extra.items():
            known.setdefault(self._column_of(wanted) or wanted, []).append(alias)
        found: dict[str, list[str]] = {}
        for heading in self._free():
            bare = _OPEN_UNIT.sub("", heading) if self._may_be_cut(heading) else heading
            whole = [column for column, names in known.items() if any(plain(bare) == plain(name) for name in names)]
            cut = {column: [name for name in names if self._cut_from(heading, name)] for column, names in known.items()}
            candidates = whole if bare != heading and whole else [column for column, names in cut.items() if names]
            if len(candidates) > 1:
                names = [name for column in candidates for name in cut[column][:1]] or candidates
                self._say("heading_ambiguous", "error", heading=heading, candidates=", ".join(names))
            elif candidates:
                found.setdefault(candidates[0], []).append(heading)
        for column, headings in found.items():
            self._give(column, headings)
            self._say_cut(headings[0], column)

    def _say_cut(self, heading: str, column: str) -> None:
        if _OPEN_UNIT.search(heading) and column.endswith(_IN_UNITS):
            self._say("heading_unit_cut", "error", heading=heading, column=column)
        else:
            severity: Severity = "warning" if column.endswith(_IN_UNITS) else "note"
            self._say("heading_cut", severity, heading=heading, column=column)

    def _give(self, column: str, headings: Sequence[str]) -> None:
        """Give a column its heading; of two headings of equal rank, ask."""
        if not headings:
            return
        if self._taken(column):
            # A row number beside a real id is no rival; anything else is worth knowing.
            others = [heading for heading in headings if plain(heading) not in _WEAK]
            if others:
                self._say("heading_twice", "note", column=column, headings=", ".join((self._heading(column), *others)))
            return
        ranks = {plain(alias): rank for rank, alias in reversed(list(enumerate(self.columns.get(column, ()))))}
        ranked = sorted(headings, key=lambda heading: ranks.get(plain(heading), len(ranks)))
        if len(ranked) > 1:
            severity: Severity = "warning" if column in self.texts else "error"
            self._say("heading_twice", severity, column=column, headings=", ".join(ranked))
        self.mapping[ranked[0]] = column

    def _say(self, code: str, severity: Severity, **params: str) -> None:
        self.problems.append(Problem(code, "", severity=severity, params=params))

    def _free(self) -> list[str]:
        return [heading for heading in self.headings if heading not in self.mapping and heading not in self._spoiled]

    def _taken(self, column: str) -> bool:
        return column in self.mapping.values()

    def _heading(self, column: str) -> str:
        return next(heading for heading, given in self.mapping.items() if given == column)

    def _owners(self, heading: str) -> list[str]:
        """Return the columns a heading is an alias of."""
        return [
            name for name, aliases in self.columns.items() if any(plain(alias) == plain(heading) for alias in aliases)
        ]

    def _column_of(self, heading: str) -> str | None:
        return heading if heading in self.columns else next(iter(self._owners(heading)), None)

    def _may_be_cut(self, heading: str) -> bool:
        encodings = (self.encoding,) if self.encoding else _ENCODINGS
        head = heading.rstrip(TORN)
        # The next character took up to three bytes more than there was room for.
        return any(0 <= DBF_HEADING_BYTES - _size(head, encoding) <= _WIDEST - 1 for encoding in encodings)

    def _cut_from(self, heading: str, name: str) -> bool:
        encodings = (self.encoding,) if self.encoding else _ENCODINGS
        return any(is_cut(heading, name, encoding) for encoding in encodings)


def is_cut(heading: str, name: str, encoding: str) -> bool:
    """Return whether a heading can be what ten bytes of a name hold.

    Parameters
    ----------
    heading
        As read; torn characters at its end (U+FFFD) do not count.
    name
        The whole name.
    encoding
        A Python codec that the table was written in.

    Examples
    --------
    Ten bytes hold 整治片区名 in GBK; in UTF-8 they hold 整治片 and a third of the next character.

    >>> is_cut("整治片区名", "整治片区名称", "gbk"), is_cut("整治片", "整治片区名称", "gbk")
    (True, False)
    >>> is_cut("整治片", "整治片区名称", "utf-8"), is_cut("survival_s", "survival_share", "utf-8")
    (True, True)
    """
    head = heading.rstrip(TORN)
    if not head or len(head) >= len(name) or plain(name[: len(head)]) != plain(head):
        return False
    size = _size(head, encoding)
    return size <= DBF_HEADING_BYTES < size + _size(name[len(head)], encoding)


def _size(text: str, encoding: str) -> int:
    return len(text.encode(encoding, errors="replace"))
