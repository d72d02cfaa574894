"""Names of places as people write them, matched to those of a layer.

A name matches *exactly* if it is an id or a unique name of the layer, letter for letter. It matches by *alias* if it is
given one, or is the same but for full-width forms, blanks and capitals. Anything else is at best *fuzzy*: there are
candidates for a person to confirm, and no match until somebody has. A confirmed candidate is an alias. A name that
several rows of a layer have stands for none of them: their ids are the candidates, however the name is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse
from fringe.model.units import plain

# What is left out or added when a place is spoken of: 上河, 上河村, 上河村委会.
_KIND_OF_PLACE = re.compile(
    r"(?:(?:整治)?片区|街道办事处|街道办|办事处|街道|村民委员会|村委会|行政村|自然村|社区|村|镇|乡|区|village|township|town|zone)$"
)
_STEM_SCORE = 0.95
# Below it, names have little more in common than a character.
_ALIKE = 0.5
_CANDIDATES = 3


def match_names(
    names: Iterable[object], known: pd.DataFrame | Iterable[object], *, aliases: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return what each name stands for, and candidates for those that match nothing.

    Parameters
    ----------
    names
        As written, such as the column `zone` of tasks; missing ones are passed over.
    known
        A layer, whose index and unique `name` may be meant; or names alone.
    aliases
        Confirmed spellings: the name as written to the id or name that is meant.

    Returns
    -------
    table
        Indexed by `name`, each once, in the order of their first appearance:

        ``match``
            The id of the layer, or the name where names alone are known; missing if there is none for sure.
        ``how``
            ``exact``, ``alias``, ``fuzzy`` (confirm the candidate) or ``none``.
        ``candidate``, ``score``, ``others``
            The most similar name, how alike it is (0 to 1), and the next ones; missing for names that match. In the
            place of a name that several rows have stand their ids.
        ``count``
            How often the name was given.

    Raises
    ------
    LayerError
        If an alias leads to no known name.

    Examples
    --------
    >>> zones = pd.DataFrame({"name": ["上河村", "下河村", "松林村"]}, index=pd.Index(["Z1", "Z2", "Z3"], name="zone"))
    >>> given = pd.Series(["上河村", "Z2", "松 林村", "上河", "上河"])
    >>> table = match_names(given, zones)
    >>> table[["match", "how", "candidate", "score"]]
         match    how candidate  score
    name
    上河村     Z1  exact      None    NaN
    Z2      Z2  exact      None    NaN
    松 林村    Z3  alias      None    NaN
    上河    None  fuzzy       上河村   0.95

    Confirmed, it is an alias; then the names can be replaced.

    >>> confirmed = table.loc[["上河"], "candidate"].to_dict()
    >>> given.map(match_names(given, zones, aliases=confirmed)["match"]).tolist()
    ['Z1', 'Z2', 'Z3', 'Z1', 'Z1']
    """
    meant, shared = _meant(known), _shared(known)
    told = _told(aliases or {}, meant, shared)
    # What several rows are called, blanks and capitals aside, stands for none of them.
    folded = {plain(text) for text, count in Counter(map(plain, {*meant, *shared})).items() if count == 1}
    by_fold = {plain(text): item for text, item in meant.items() if plain(text) in folded}
    lines: list[tuple[Any, str, str | None, float, str, int]] = []
    counts = Counter(str(name) for name in names if name is not None and name == name)  # noqa: PLR0124 - NaN
    for name, count in counts.items():
        if name in meant:
            lines.append((meant[name], "exact", None, float("nan"), "", count))
        elif name in told or plain(name) in told or plain(name) in by_fold:
            match = told.get(name, told.get(plain(name), by_fold.get(plain(name))))
            lines.append((match, "alias", None, float("nan"), "", count))
        else:
            near = _meanable(name, meant, shared)
            best = near[0] if near else (None, float("nan"))
            others = ", ".join(text for text, _ in near[1:])
            lines.append((None, "fuzzy" if near else "none", best[0], best[1], others, count))
    columns = ("match", "how", "candidate", "score", "others", "count")
    index = pd.Index(list(counts), name="name", dtype=object)
    # Column by column: a frame of tuples would make NaN of a missing text.
    kinds = {"score": float, "count": int}
    return pd.DataFrame(
        {
            name: pd.Series([line[at] for line in lines], index=index, dtype=kinds.get(name, object))
            for at, name in enumerate(columns)
        }
    )


def replace_names(
    tasks: pd.DataFrame, places: Mapping[str, pd.DataFrame], aliases: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return tasks whose places are called as their layers call them, and what was replaced.

    Parameters
    ----------
    tasks
        Not written to.
    places
        By the tasks' column, the layer it names: ``zone`` and ``village``.
    aliases
        Confirmed spellings, to the id or name that is meant. A name that is known as it is stays.

    Returns
    -------
    tasks
        The same rows.
    problems
        A note for each alias that was used, an error for each that leads to no known name.

    Examples
    --------
    >>> zones = pd.DataFrame({"name": ["上河村"]}, index=pd.Index(["Z1"], name="zone"))
    >>> tasks = pd.DataFrame({"zone": ["上河", "Z1"]}, index=pd.Index(["T1", "T2"], name="task"))
    >>> own, found = replace_names(tasks, {"zone": zones}, {"上河": "上河村"})
    >>> own["zone"].tolist(), found[0].code, found[0].rows
    (['上河村', 'Z1'], 'names_replaced', ('T1',))
    """
    known = {column: _meant(layer) for column, layer in places.items() if column in tasks.columns}
    everything = {text: item for column in known.values() for text, item in column.items()}
    shared = {text: ids for column in known for text, ids in _shared(places[column]).items()}
    problems = [
        Problem(
            "name_alias_unknown",
            "names",
            params={"value": alias, "name": wanted, "allowed": _hint(wanted, everything, shared)},
        )
        for alias, wanted in aliases.items()
        if wanted not in everything
    ]
    own = tasks.copy()
    for column, meant in known.items():
        folded = own[column].map(lambda item: plain(str(item)), na_action="ignore")
        for alias, wanted in aliases.items():
            rows = (folded == plain(alias)) & ~own[column].isin(meant.keys())
            if wanted in meant and rows.any():
                own.loc[rows, column] = wanted
                params = {"value": alias, "name": wanted}
                problems.append(Problem("names_replaced", "tasks", tuple(own.index[rows]), "note", params))
    return own, problems


def _meanable(name: str, meant: Mapping[str, Any], shared: Mapping[str, list[str]]) -> list[tuple[str, float]]:
    """Return the candidates of a name; names that several rows have are offered as these rows' ids."""
    if name in shared:
        return [(item, 1.0) for item in shared[name]]
    found = candidates(name, dict.fromkeys([*meant, *shared]))
    # A text may be one row's id and a name of others: then it is the id.
    offered: dict[str, float] = {}
    for text, score in found:
        for item in [text] if text in meant else shared[text]:
            offered.setdefault(item, score)
    return list(offered.items())


def candidates(name: str, known: Iterable[str], most: int = _CANDIDATES) -> list[tuple[str, float]]:
    """Return the known names most like one, and how alike they are, the best first.

    Examples
    --------
    >>> candidates("estern", ["east", "western", "north"])
    [('western', 0.923...), ('east', 0.6)]
    """
    scored = [(text, _score(plain(name), plain(text))) for text in known]
    near = sorted((item for item in scored if item[1] >= _ALIKE), key=lambda item: (-item[1], item[0]))
    return near[:most]


def _score(one: str, other: str) -> float:
    stems = _KIND_OF_PLACE.sub("", one), _KIND_OF_PLACE.sub("", other)
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return max(ratio, _STEM_SCORE) if stems[0] and stems[0] == stems[1] else ratio


def _meant(known: pd.DataFrame | Iterable[object]) -> dict[str, Any]:
    """Return what each text stands for: ids, and the names that only one row has."""
    if not isinstance(known, pd.DataFrame):
        return {str(item): item for item in known}
    meant: dict[str, Any] = {}
    if "name" in known.columns:
        once = known["name"].dropna().drop_duplicates(keep=False)
        meant = {str(name): item for item, name in once.items()}
    return meant | {str(item): item for item in known.index}


def _shared(known: pd.DataFrame | Iterable[object]) -> dict[str, list[str]]:
    """Return the ids of each name that several rows have."""
    if not isinstance(known, pd.DataFrame) or "name" not in known.columns:
        return {}
    twice = known["name"][known["name"].duplicated(keep=False) & known["name"].notna()]
    return {str(name): [str(item) for item in rows] for name, rows in twice.groupby(twice, sort=False).groups.items()}


def _told(aliases: Mapping[str, str], meant: Mapping[str, Any], shared: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what the aliases stand for, as written and without blanks and capitals."""
    refuse(
        [
            Problem(
                "name_alias_unknown",
                "names",
                params={"value": alias, "name": wanted, "allowed": _hint(wanted, meant, shared)},
            )
            for alias, wanted in aliases.items()
            if str(wanted) not in meant
        ],
        LayerError,
    )
    exact = {str(alias): meant[str(wanted)] for alias, wanted in aliases.items()}
    return {plain(alias): item for alias, item in exact.items()} | exact


def _hint(name: str, meant: Mapping[str, Any], shared: Mapping[str, list[str]]) -> str:
    return ", ".join([text for text, _ in _meanable(str(name), meant, shared)] or list(meant)[:_CANDIDATES]) or "–"
