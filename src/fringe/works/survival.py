"""Survival: what was planted but did not grow does not count.

The *survival* of a plot is the share of its trees that live. Where it falls below the threshold of a rule the plot's
area is not counted in the year's completion (rule FOR-25, 森林法实施条例 25, and ZZ-E17 at acceptance: 85 %); the
alternative some places have counts the surviving part of it.

A survival may be *stated* as a figure, be a *count* of all trees planted, or of a *sample*. A sample leaves the true
survival open within a Wilson interval: the verdict is ``passes`` or ``fails`` only where the whole interval lies on one
side of the threshold, else ``inconclusive``: more trees are to be counted. Wilson, E. B. (1927): Probable inference,
the law of succession, and statistical inference. J. Am. Stat. Assoc. 22, 209-212.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import FringeError, LayerError
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import area_measure
from fringe.model.cells import values
from fringe.model.headings import match_headings
from fringe.model.layers import Column
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.states import COUNTED, DATED_BY, Day, as_day, status_on

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counting = Literal["exclude", "survivors"]
_COUNTING = ("exclude", "survivors")
_ACCEPTED = ("accepted", "kept")
_COLUMNS = (
    Column("survival_share", "share", aliases=("成活率",)),
    Column("n_planted", "number", aliases=("栽植株数", "造林株数", "总株数"), minimum=0),
    Column("n_sampled", "number", aliases=("抽查株数", "调查株数", "样本株数"), minimum=0),
    Column("n_alive", "number", aliases=("成活株数", "存活株数"), minimum=0),
)
_ROUNDING = 1e-9
# A stated share is rounded to whole percents at best.
_STATED_APART = 0.01


def survival(
    plots: pd.DataFrame,
    *,
    on: Day | None = None,
    area: str | None = None,
    rule: str = "FOR-25",
    counting: Counting = "exclude",
    confidence: float | None = None,
) -> pd.DataFrame:
    """Return which planted areas count, by the survival of what was planted.

    Parameters
    ----------
    plots
        Plots, or any table of areas; see `area`. What is said of the survival stands in `survival_share` (0 to 1), or
        in counts of trees: `n_alive` of `n_sampled`, and `n_planted` where it is known; Chinese headings will do. With
        a `status`, only what is planted, accepted or kept can count. Not written to.
    on
        A day: the status is told from the dates, as for `coverage`, and the rule must be in force. `None`: the status
        as it stands.
    area
        The column that holds the areas, m². `None`: the geometry is measured, on the ellipsoid; a table without
        geometry needs `area_m2`.
    rule
        The id of the rule whose value is the threshold: ``"FOR-25"`` or ``"ZZ-E17"`` (85 %), ``"GB15776-DRY"``.
    counting
        ``"exclude"``: an area whose survival fails counts nothing; ``"survivors"``: its surviving part counts.
    confidence
        Of the interval of samples, between 0 and 1. `None`: the rule LIB-SURVIVAL-CONF, 95 %.

    Returns
    -------
    table
        On the plots' index, in its order:

        ``area_m2``
            The whole area.
        ``survival_share``, ``survival_low``, ``survival_high``
            The survival and its interval: Wilson's for samples, the share itself for counts and stated figures.
        ``survival_basis``
            ``sampled``, ``counted`` (all trees), ``stated``, ``acceptance`` (no figure, but accepted, which asks for
            the same threshold: ZZ-E17); missing where nothing is said.
        ``survival_verdict``
            ``passes``, ``fails``, ``inconclusive``, ``pending`` (planted, nothing is said) or ``not_planted``.
        ``survival_action``
            ``redo`` (rule GB15776-REDO: 40 % or less lives), ``replant``, ``count_more``, ``check``; missing for none.
        ``countable_m2``, ``excluded_m2``, ``pending_m2``, ``not_planted_m2``
            The area by what becomes of it (inconclusive areas are pending); they add up to `area_m2`.

    Raises
    ------
    LayerError, CRSError
        With all that is wrong with the plots and the arguments.

    Notes
    -----
    Areas are the plots' own: where plots overlap, `fringe.coverage` of those that count tells the ground. Sums by
    township and district that add up to the square metre come from `fringe.roll_up`.

    Examples
    --------
    Of 100 trees 90 live: the true survival may still be below 85 %. Of 400 it may not.

    >>> import pandas as pd
    >>> plots = pd.DataFrame({"area_m2": [1000.0, 1000.0, 500.0], "n_sampled": [100, 400, None],
    ...     "n_alive": [90, 360, None], "survival_share": [None, None, 0.8]}, index=["P-1", "P-2", "P-3"])
    >>> survival(plots)[["survival_low", "survival_verdict", "countable_m2", "pending_m2"]].round(3)
         survival_low survival_verdict  countable_m2  pending_m2
    P-1         0.826     inconclusive           0.0      1000.0
    P-2         0.867           passes        1000.0         0.0
    P-3         0.800            fails           0.0         0.0
    """
    if not isinstance(plots, pd.DataFrame):
        raise LayerError(Problem("not_a_frame", "plots", params={"value": type(plots).__name__}))
    figures, problems = _read(plots, _COLUMNS)
    threshold, odd = _threshold(rule, on)
    level = rule_value("LIB-SURVIVAL-CONF") if confidence is None else confidence
    problems += [*odd, *_odd_counts(figures), *_odd_arguments(counting, level)]
    status, odd = _statuses(plots, on)
    problems += odd
    areas, odd = _given_areas(plots, area)
    refuse([*problems, *odd])
    area_m2 = _measured(plots) if areas is None else areas
    table = _judged(figures, status, threshold, level)
    return _areas(table, area_m2, survivors=counting == "survivors")


def wilson(alive: Floats, sampled: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the limits of Wilson's interval of shares ``alive / sampled``; NaN where nothing was sampled.

    Examples
    --------
    >>> low, high = wilson(np.array([90.0, 0.0]), np.array([100.0, 10.0]), 0.95)
    >>> low.round(4), high.round(4)
    (array([0.8256, 0.    ]), array([0.9448, 0.2775]))
    """
    z2 = NormalDist().inv_cdf((1.0 + confidence) / 2.0) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = alive / sampled
        middle = (share + z2 / (2.0 * sampled)) / (1.0 + z2 / sampled)
        half = np.sqrt(z2 * share * (1.0 - share) / sampled + z2**2 / (4.0 * sampled**2)) / (1.0 + z2 / sampled)
    # The limits of none and of all are exact, which the roots are not.
    low = np.where(alive == 0, np.where(sampled > 0, 0.0, np.nan), middle - half)
    high = np.where(alive == sampled, np.where(sampled > 0, 1.0, np.nan), middle + half)
    return low, high


def _read(plots: pd.DataFrame, columns: tuple[Column, ...]) -> tuple[pd.DataFrame, list[Problem]]:
    """Return columns of numbers in their types, missing ones empty."""
    headings = [str(name) for name in plots.columns]
    mapping, problems = match_headings(headings, {column.name: column.aliases for column in columns})
    problems = [Problem(found.code, "plots", found.rows, found.severity, found.params) for found in problems]
    names = {column: heading for heading, column in mapping.items()}
    read: dict[str, pd.Series[Any]] = {}
    for column in columns:
        heading = names.get(column.name)
        if heading is None:
            read[column.name] = pd.Series(np.nan, index=plots.index)
            continue
        read[column.name], found = values(plots.iloc[:, headings.index(heading)], column, "plots")
        problems += found
    return pd.DataFrame(read, index=plots.index).astype(float), problems


def _odd_counts(figures: pd.DataFrame) -> list[Problem]:
    """Return counts of trees that cannot be, and stated shares that are not the counts'."""
    planted, sampled, alive = (figures[name].to_numpy() for name in ("n_planted", "n_sampled", "n_alive"))
    stated = figures["survival_share"].to_numpy()
    problems = []
    with np.errstate(invalid="ignore", divide="ignore"):
        more = (alive > sampled) | (sampled > planted)
        more |= np.isfinite(sampled % 1.0) & ((sampled % 1.0 != 0) | (alive % 1.0 != 0))
        apart = np.abs(alive / sampled - stated) > _STATED_APART
    for code, wrong in (("survival_counts", more), ("survival_half", np.isnan(sampled) != np.isnan(alive))):
        if wrong.any():
            problems.append(Problem(code, "plots", tuple(figures.index[wrong])))
    if apart.any():
        first = np.flatnonzero(apart)[0]
        params = {"value": f"{stated[first]:.1%}", "counted": f"{alive[first] / sampled[first]:.1%}"}
        problems.append(Problem("survival_differs", "plots", tuple(figures.index[apart]), "warning", params))
    return problems


def _odd_arguments(counting: object, confidence: object) -> list[Problem]:
    problems = []
    if counting not in _COUNTING:
        params = {"name": "counting", "value": str(counting), "allowed": ", ".join(_COUNTING), "hint": ""}
        problems.append(Problem("argument_unknown", "plots", params=params))
    if not (isinstance(confidence, float) and 0.0 < confidence < 1.0):
        params = {"name": "confidence", "value": str(confidence), "allowed": "0 < confidence < 1", "hint": ""}
        problems.append(Problem("argument_unknown", "plots", params=params))
    return problems


def _threshold(rule: str, on: Day | None) -> tuple[float, list[Problem]]:
    try:
        return rule_value(rule, on), []
    except FringeError as error:
        return np.nan, [found for found in error.problems if isinstance(found, Problem)]


def _statuses(plots: pd.DataFrame, on: Day | None) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the status of each plot, on the day where one is asked; what has none counts as planted."""
    if on is not None:
        try:
            as_day(on, "plots")
        except FringeError:
            return pd.Series(COUNTED[0], index=plots.index, dtype=object), []  # said by the rule
        if {"status", *DATED_BY.values()} & set(plots.columns):
            return status_on(plots, on)
    if "status" in plots.columns:
        return plots["status"].astype(object), []
    return pd.Series(COUNTED[0], index=plots.index, dtype=object), []


def _given_areas(plots: pd.DataFrame, area: str | None) -> tuple[Floats | None, list[Problem]]:
    """Return the areas of a column; `None` where the geometry is to be measured."""
    if area is None and isinstance(plots, gpd.GeoDataFrame):
        return None, []
    name = area or "area_m2"
    if name not in plots.columns:
        present = ", ".join(str(column) for column in plots.columns if column != "geometry") or "–"
        return None, [Problem("column_missing", "plots", params={"column": name, "present": present})]
    numbers, problems = values(plots[name], Column(name, "number", required=True, minimum=0), "plots")
    return numbers.to_numpy(dtype=float), problems


def _measured(plots: pd.DataFrame) -> Floats:
    layers, crs = admit({"plots": gpd.GeoDataFrame(plots)})
    shapes = shapes_of(layers["plots"])
    return area_measure(crs, bounds_of(shapes))(shapes) if len(shapes) else np.zeros(0)


def _judged(figures: pd.DataFrame, status: pd.Series[Any], threshold: float, confidence: float) -> pd.DataFrame:
    """Return survival, its interval, and what follows."""
    planted, sampled, alive = (figures[name].to_numpy() for name in ("n_planted", "n_sampled", "n_alive"))
    stated = figures["survival_share"].to_numpy()
    some = sampled > 0
    every = some & (sampled == planted)
    is_planted, accepted = (status.isin(words).to_numpy(dtype=bool) for words in (COUNTED, _ACCEPTED))
    share = np.where(some, alive / np.where(some, sampled, 1.0), stated)
    low, high = wilson(alive, np.where(some, sampled, np.nan), confidence)
    low, high = (np.where(some & ~every, limit, share) for limit in (low, high))
    known = ~np.isnan(share)
    basis = _words({"sampled": some & ~every, "counted": every, "stated": known, "acceptance": accepted})
    verdict = _words(
        {
            "not_planted": ~is_planted,
            "passes": np.where(known, low >= threshold - _ROUNDING, accepted),
            "fails": known & (high < threshold - _ROUNDING),
            "inconclusive": known,
            "pending": np.ones(len(share), dtype=bool),
        }
    )
    fails = verdict == "fails"
    action = _words(
        {
            "redo": fails & (share <= rule_value("GB15776-REDO") + _ROUNDING),
            "replant": fails,
            "count_more": verdict == "inconclusive",
            "check": verdict == "pending",
        }
    )
    texts = {"survival_basis": basis, "survival_verdict": verdict, "survival_action": action}
    return pd.DataFrame(
        {
            "survival_share": share,
            "survival_low": low,
            "survival_high": high,
            **{name: pd.Series(words, index=status.index, dtype=object) for name, words in texts.items()},
        },
        index=status.index,
    )


def _words(cases: dict[str, Flags]) -> npt.NDArray[np.object_]:
    """Return the first word whose case holds, missing for none."""
    words = np.full(len(next(iter(cases.values()))), None, dtype=object)
    for word, holds in reversed(cases.items()):
        words[holds] = word
    return words


def _areas(table: pd.DataFrame, area_m2: Floats, *, survivors: bool) -> pd.DataFrame:
    """Return the table with the areas by verdict; each area goes to one column, or its rest to another."""
    verdict = table["survival_verdict"].to_numpy()
    alive = np.where(verdict == "passes", 1.0, 0.0)
    if survivors:
        alive = np.where(verdict == "fails", table["survival_share"], alive)
    counted = area_m2 * alive
    judged = np.isin(verdict, ["passes", "fails"])
    waiting = np.isin(verdict, ["pending", "inconclusive"])
    table.insert(0, "area_m2", area_m2)
    table["countable_m2"] = counted
    table["excluded_m2"] = np.where(judged, area_m2 - counted, 0.0)
    table["pending_m2"] = np.where(waiting, area_m2, 0.0)
    table["not_planted_m2"] = np.where(verdict == "not_planted", area_m2, 0.0)
    return table
