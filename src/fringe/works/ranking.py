"""Assessment: what units score by a published scheme, how they rank, how sure the rank is, and whether it is fair.

A *score* is the sum of the points of its items, 0 to 100 (more with bonuses), limited by gates. The *interval* of a
rank is where it lies when weights and figures are drawn again: weights around those of the scheme, figures by each
item's noise. The *adjusted* score asks how a unit does for its workload and starting point: what is left of the score
when the least-squares line through those of all units is taken off, put back to the mean score. *Grades* name scores;
*awards* go by rank, and to no group of fewer units than the rule LIB-AWARD-LEAST.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.assessment import AWARDS, FAILED, GRADES, OPERATORS, Assessment, Gate, Item
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.rules import rule_value
from fringe.works.neighbours import count_problems
from fringe.works.ranks import drawn_weights, middle, ranks_of
from fringe.works.reasons import reasons

Floats = npt.NDArray[np.float64]
_WHOLE = 100.0
# What remains of a score that the line explains is rounding.
_EXPLAINED = 1e-9


def rank(
    table: pd.DataFrame,
    *,
    score: Assessment | Mapping[str, float] | str,
    within: str | None = None,
    draws: int | None = None,
    seed: int = 0,
    lang: str | None = None,
) -> pd.DataFrame:
    """Score units and rank them.

    Parameters
    ----------
    table
        Indexed by unit (township, zone, bureau), with the columns the scheme names. Not written to. A unit with a
        missing figure, of an item or of a gate, is not scored, and said.
    score
        A scheme (see `fringe.read_assessment`); or columns and their weights, all of them shares where more is better;
        or one such column.
    within
        A column of the table: units are ranked, adjusted and awarded among those of their own group; those without one
        among themselves.
    draws
        How many times weights and figures are drawn for the interval; 0: none. `None`: as LIB-RANK-DRAWS says.
    seed
        Of the draws: the same seed gives the same intervals.
    lang
        Of the sentences in ``why``.

    Returns
    -------
    ranking
        On the table's index, in its order:

        ``score``
            0 to 100, more with bonuses; NaN for a unit that is not scored.
        ``rank``, ``rank_low``, ``rank_high``
            From 1; equal scores share the better rank. The interval spans the middle 90 % of the draws, in which gates
            hold as they do.
        ``list_no``
            The unit's line in a printed list: by rank, then the scheme's `tie` column, then the table's order.
        ``points_<column>``
            What each item earns.
        ``gate``
            The name of the gate that limits the score.
        ``grade``
            ``excellent``, ``good``, ``pass`` or ``fail``; empty without grades in the scheme.
        ``award``
            ``red_flag`` (an honour) for the first, ``yellow_flag`` for the last; none in a group of fewer than 5, none
            to units that share their score with one that would get none.
        ``adjusted_score``, ``adjusted_rank``
            For workload and starting point (the scheme's `adjust` columns); NaN with fewer than 5 units for each of
            them and one more.
        ``why``
            Why the unit stands where it stands, in one sentence, from these figures.

    Raises
    ------
    LedgerError
        For columns that are not there, figures that are no numbers, ids that occur twice, or weights that are not above
        0.

    Examples
    --------
    >>> import pandas as pd
    >>> from fringe.model.assessment import Assessment, Gate, Item
    >>> scheme = Assessment(
    ...     (Item("progress_share", weight=60), Item("closure_share", weight=40)),
    ...     gates=(Gate("n_accidents", ">", 0, name="accident"),), grades={"good": 80.0, "pass": 60.0},
    ... )
    >>> table = pd.DataFrame({"progress_share": [0.9, 0.8, 1.0], "closure_share": [0.8, 1.0, 1.0],
    ...     "n_accidents": [0, 0, 1]}, index=pd.Index(["north", "south", "east"], name="township"))
    >>> ranking = rank(table, score=scheme, lang="en")
    >>> ranking[["score", "rank", "grade", "gate"]]
              score  rank grade      gate
    township
    north      86.0     2  good      None
    south      88.0     1  good      None
    east        0.0     3  fail  accident
    >>> print(ranking.loc["north", "why"])
    86.0 points, place 2 of 3 (likely 1 to 2); most points from progress (90.0%: 54.0 of 60.0); most lost on ...
    """
    scheme = _scheme(score)
    problems = [*_problems(table, scheme, within), *([] if draws is None else count_problems(draws=draws))]
    if errors_of(problems):
        refuse(problems, LedgerError)
    figures = np.stack([table[item.column].to_numpy(float, na_value=np.nan) for item in scheme.items], axis=1)
    # A veto that cannot be looked at is no pass.
    gates = [table[gate.column].to_numpy(float, na_value=np.nan) for gate in scheme.gates]
    scored = np.isfinite(np.column_stack([figures, *gates])).all(axis=1)
    if not scored.all():
        problems.append(Problem("units_left_out", "progress", tuple(table.index[~scored]), "warning"))
    points = np.where(scored[:, np.newaxis], _earned(figures, scheme.items) * np.array(scheme.points()), np.nan)
    gate, limit = _gated(table, scheme.gates)
    whole = points.sum(axis=1)
    units = _Units(table, figures, limit, np.minimum(whole, limit))
    groups = np.zeros(len(table), dtype=np.intp)
    if within is not None:  # units without a group are ranked among themselves
        groups = np.asarray(pd.factorize(table[within], use_na_sentinel=False)[0])
    columns = _Columns(len(table))
    few: list[Any] = []
    for group in np.unique(groups[scored]).tolist():
        at = np.flatnonzero(scored & (groups == group))
        _rank_group(columns, units, at, scheme, (draws, seed + group))
        few += [] if _adjust_group(columns, units, at, scheme) else table.index[at].tolist()
    if few:
        least = int(rule_value("LIB-FAIR-LEAST")) * (len(scheme.adjust) + 1)
        problems.append(Problem("too_few_to_adjust", "progress", tuple(few), "warning", {"least": least}))
    refuse(problems, LedgerError)
    result = pd.DataFrame({"score": units.score, **columns.ranks()}, index=table.index)
    for item, earned in zip(scheme.items, points.T, strict=True):
        result[f"points_{item.column}"] = earned
    result["gate"] = pd.Series(gate, index=table.index, dtype=object).where(limit < whole, None)
    result["grade"] = _graded(result["score"], scheme)
    result["award"] = pd.Series(columns.award, index=table.index, dtype=object)
    result["adjusted_score"], result["adjusted_rank"] = columns.adjusted_score, columns.whole("adjusted_rank")
    result["why"] = reasons(table, result, scheme, within, lang)
    return result


class _Units:
    """What is known of each unit: its row, the items' figures, the limit of its gate, its score (NaN: not scored)."""

    def __init__(self, table: pd.DataFrame, figures: Floats, limit: Floats, score: Floats) -> None:
        self.table, self.figures, self.limit, self.score = table, figures, limit, score


class _Columns:
    """Columns of the result that are filled group by group."""

    def __init__(self, n: int) -> None:
        self.rank, self.rank_low, self.rank_high, self.list_no, self.adjusted_rank = np.zeros((5, n), dtype=np.int64)
        self.adjusted_score = np.full(n, np.nan)
        self.award = np.full(n, None, dtype=object)

    def whole(self, name: str) -> pd.arrays.IntegerArray:
        """Return a column of ranks, missing where none was given."""
        ranks = getattr(self, name)
        return pd.arrays.IntegerArray(ranks, ranks == 0)

    def ranks(self) -> dict[str, Any]:
        """Return the columns of ranks."""
        return {name: self.whole(name) for name in ("rank", "rank_low", "rank_high", "list_no")}


def _scheme(score: Assessment | Mapping[str, float] | str) -> Assessment:
    if isinstance(score, Assessment):
        return score
    weights = {score: 1.0} if isinstance(score, str) else dict(score)
    return Assessment(tuple(Item(column, weight=weight) for column, weight in weights.items()))


def _problems(table: object, scheme: Assessment, within: str | None) -> list[Problem]:
    """Return what keeps the table from being assessed."""
    if not isinstance(table, pd.DataFrame):
        return [Problem("not_a_frame", "table", params={"value": type(table).__name__})]
    problems = [
        Problem("id_duplicate", "table", (item,), params={"value": item, "count": int((table.index == item).sum())})
        for item in table.index[table.index.duplicated()].unique()
    ]
    if not scheme.items:
        problems.append(Problem("assessment_empty", "table"))
    for item in scheme.items:
        if not np.isfinite(item.weight) or item.weight <= 0 or item.floor == item.target:
            params = {"entry": item.column, "value": f"{item.weight:g}", "allowed": "> 0", "hint": ""}
            problems.append(Problem("assessment_value", "table", params=params))
    numbers = [item.column for item in scheme.items] + [gate.column for gate in scheme.gates] + list(scheme.adjust)
    numbers += [scheme.tie] if scheme.tie else []
    names = [str(name) for name in table.columns]
    for column in dict.fromkeys([*numbers, *([within] if within else [])]):
        if column not in names:
            near = get_close_matches(str(column), names, n=1)
            params = {"column": column, "present": ", ".join(names) or "–", "hint": "".join(near)}
            problems.append(Problem("measure_column_missing", "table", params=params))
        elif column in numbers:
            problems += _odd_figures(table[column], column)
    return problems


def _odd_figures(figures: pd.Series[Any], column: str) -> list[Problem]:
    numbers = pd.to_numeric(figures, errors="coerce").astype(float)
    odd = figures.notna() & (numbers.isna() | np.isinf(numbers))
    return [
        Problem("not_a_number", "table", (figures.index[at],), params={"column": column, "value": figures.iloc[at]})
        for at in np.flatnonzero(odd).tolist()
    ]


def _earned(figures: Floats, items: tuple[Item, ...]) -> Floats:
    """Return the share of its weight each item earns, 0 to its cap."""
    floor, target, cap = (np.array([getattr(item, name) for item in items]) for name in ("floor", "target", "cap"))
    return np.asarray(np.clip((figures - floor) / (target - floor), 0.0, cap))


def _gated(table: pd.DataFrame, gates: tuple[Gate, ...]) -> tuple[list[str | None], Floats]:
    """Return the gate that limits each unit, and the limit; infinite without one."""
    name: list[str | None] = [None] * len(table)
    limit = np.full(len(table), np.inf)
    for gate in gates:
        value = table[gate.column].to_numpy(float, na_value=np.nan)
        for at in np.flatnonzero(OPERATORS[gate.op](value, gate.value) & (gate.score < limit)):
            name[at], limit[at] = gate.name or gate.column, gate.score
    return name, limit


def _rank_group(
    columns: _Columns, units: _Units, at: npt.NDArray[np.intp], scheme: Assessment, draws: tuple[int | None, int]
) -> None:
    """Write ranks, their interval, places and awards of one group."""
    scores = units.score[at]
    ranks = ranks_of(scores[:, np.newaxis])[:, 0]
    columns.rank[at] = ranks
    tie = units.table[scheme.tie].to_numpy(float, na_value=-np.inf)[at] if scheme.tie else np.zeros(len(at))
    columns.list_no[at[np.lexsort((-tie, ranks))]] = np.arange(1, len(at) + 1)
    columns.award[at] = _awarded(scores, scheme)
    n_draws = int(rule_value("LIB-RANK-DRAWS")) if draws[0] is None else draws[0]
    if n_draws:
        low, high = middle(ranks_of(_redrawn(units.figures[at], units.limit[at], scheme, n_draws, draws[1])))
        # The rank itself belongs to the interval, however few draws give it.
        columns.rank_low[at], columns.rank_high[at] = np.minimum(low, ranks), np.maximum(high, ranks)


def _redrawn(given: Floats, limit: Floats, scheme: Assessment, draws: int, seed: int) -> Floats:
    """Return the scores of the units under each draw of weights and figures; shape ``(units, draws)``."""
    rng = np.random.default_rng(seed)
    weights = drawn_weights(rng, [item.weight for item in scheme.items], draws)
    noise = np.array([item.noise for item in scheme.items])
    scores = np.empty((len(given), draws))
    for draw in range(draws):
        figures = given + rng.normal(size=given.shape) * noise
        scores[:, draw] = np.minimum(_WHOLE * _earned(figures, scheme.items) @ weights[draw], limit)
    return scores


def _awarded(scores: Floats, scheme: Assessment) -> list[str | None]:
    """Return the award of each unit: the first so many, the last so many, never between units of one score."""
    awards: list[str | None] = [None] * len(scores)
    if len(scores) < rule_value("LIB-AWARD-LEAST"):
        return awards
    first, last = ranks_of(scores[:, np.newaxis])[:, 0], ranks_of(-scores[:, np.newaxis])[:, 0]
    for name, ranks in zip(AWARDS, (first, last), strict=True):
        count = min(scheme.awards.get(name, 0), len(scores) // 2)
        # Equal scores share a rank, so those who share the last award's rank must all fit.
        for at in np.flatnonzero(ranks <= count):
            if np.count_nonzero(ranks <= ranks[at]) <= count:
                awards[at] = name
    return awards


def _adjust_group(columns: _Columns, units: _Units, at: npt.NDArray[np.intp], scheme: Assessment) -> bool:
    """Write the scores less what workload and starting point explain; return whether there were enough units."""
    if not scheme.adjust:
        return True
    given = units.table[list(scheme.adjust)].to_numpy(float, na_value=np.nan)[at]
    known = np.isfinite(given).all(axis=1)
    if known.sum() < rule_value("LIB-FAIR-LEAST") * (len(scheme.adjust) + 1):
        return False
    at, given = at[known], given[known]
    scores = units.score[at]
    spread = given.std(axis=0)
    line = np.column_stack([np.ones(len(at)), (given - given.mean(axis=0)) / np.where(spread > 0, spread, 1.0)])
    adjusted = scores - line @ np.linalg.lstsq(line, scores, rcond=None)[0] + scores.mean()
    columns.adjusted_score[at] = np.round(adjusted / _EXPLAINED) * _EXPLAINED
    columns.adjusted_rank[at] = ranks_of(columns.adjusted_score[at][:, np.newaxis])[:, 0]
    return True


def _graded(score: pd.Series[float], scheme: Assessment) -> pd.Series[Any]:
    names = [name for name in GRADES if name in scheme.grades]
    if not names:
        return pd.Series(None, index=score.index, dtype=object)

    def grade(value: float) -> str | None:
        if np.isnan(value):
            return None
        # 0.6 of 100 points may be 59.999… after adding.
        return next((name for name in names if value >= scheme.grades[name] - _EXPLAINED), FAILED)

    return score.map(grade).astype(object)
