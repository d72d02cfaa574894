"""A composite index of zones: held against targets, added up within a dimension, multiplied across dimensions.

Of the index 整洁 (clean), 有序 (orderly), 舒适 (comfortable), 愉悦 (pleasant) or any other, the *scheme* (see
`fringe.model.scheme`) says what is measured and what counts. An indicator is 0 at its floor and 1 at its target, so a
zone's score depends on nothing but the zone. A *dimension* is the weighted mean of its indicators, the *composite* the
weighted geometric mean of the dimensions: a dimension at 0 is not made up for by the others.

A zone is *rated* unless so many of its indicators are missing as the rule LIB-COMP-MISSING says, or all of one
dimension. The *interval* of a rank is where the rank lies in most of 500 draws of other weights (LIB-RANK-DRAWS,
LIB-RANK-INTERVAL): of equal weights every set of weights is as likely as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.scheme import Dimension, Scheme
from fringe.works.ranks import drawn_weights, middle, ranks_of

Floats = npt.NDArray[np.float64]
_REASONS: Mapping[int, str | None] = MappingProxyType({0: None, 1: "too_few", 2: "dimension_missing"})


def composite(table: pd.DataFrame, scheme: Scheme, *, draws: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Return the composite index of each row of a table.

    Parameters
    ----------
    table
        Indexed by zone, with the columns the scheme names; missing figures are missing. Not written to.
    scheme
        What is measured and what counts; see `fringe.read_scheme`.
    draws
        How many sets of weights the interval of ranks is told from; 0: none. `None`: as LIB-RANK-DRAWS says.
    seed
        Of the draws: the same seed gives the same intervals.

    Returns
    -------
    scores
        On the table's index, in its order:

        one column for each dimension, named by its key
            0 to 1; NaN where all its indicators are missing.
        ``composite``
            0 to 1; NaN for a zone that is not rated.
        ``rated``, ``reason``
            Whether it is, and why not: ``too_few`` indicators, or ``dimension_missing``.
        ``n_indicators``, ``indicators_share``
            How many of the scheme's indicators the zone has, and their share.
        ``rank``
            From 1, among rated zones; equal scores share the better rank.
        ``rank_low``, ``rank_high``
            Where the rank lies in the middle 90 % of the draws.

    Raises
    ------
    LayerError
        If columns are missing, hold no plain numbers, or shares are not between 0 and 1; ids repeat; the scheme is
        empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from fringe.model.scheme import Dimension, Indicator, Scheme
    >>> scheme = Scheme((Dimension("clean", (Indicator("bin_share", 0.0, 1.0), Indicator("bare_share", 0.5, 0.0))),
    ...                  Dimension("orderly", (Indicator("wires_share", 0.0, 0.8),))))
    >>> table = pd.DataFrame({"bin_share": [1.0, 0.4, None], "bare_share": [0.1, 0.2, None],
    ...                       "wires_share": [0.2, 0.8, 0.9]}, index=pd.Index(["A", "B", "C"], name="zone"))
    >>> scores = composite(table, scheme)
    >>> scores[["clean", "orderly", "composite", "rank"]].round(4)
          clean  orderly  composite  rank
    zone
    A       0.9     0.25     0.4743     2
    B       0.5     1.00     0.7071     1
    C       NaN     1.00        NaN  <NA>
    >>> scores.loc["C", "reason"]
    'too_few'
    """
    n_draws = int(rule_value("LIB-RANK-DRAWS")) if draws is None else draws
    refuse(scheme_problems(scheme), LayerError)
    problems = table_problems(table, scheme)
    if not _is_count(n_draws):
        params = {"name": "draws", "value": draws, "allowed": "0, 1, 2, …", "hint": ""}
        problems.append(Problem("argument_unknown", "table", params=params))
    refuse(problems, LayerError)
    normal = normalised(table, scheme)
    within = [_shares([one.weight for one in dimension.indicators]) for dimension in scheme.dimensions]
    across = _shares([dimension.weight for dimension in scheme.dimensions])
    parts = _parts(normal, scheme, [weights[None, :] for weights in within])[:, :, 0]
    why = _unrated(normal, scheme)
    rated = why == 0
    score = np.where(rated, _geometric(parts[:, :, None], across[None, :])[:, 0], np.nan)
    n_known = np.isfinite(normal).sum(axis=1)
    result = pd.DataFrame(parts, index=table.index, columns=[dimension.key for dimension in scheme.dimensions])
    result["composite"], result["rated"] = score, rated
    result["reason"] = pd.Series([_REASONS[code] for code in why.tolist()], index=table.index, dtype=object)
    result["n_indicators"] = n_known
    result["indicators_share"] = n_known / len(scheme.indicators)
    result["rank"] = _ranked(ranks_of(score[rated, None])[:, 0], rated)
    low, high = _interval(normal[rated], scheme, n_draws, seed)
    result["rank_low"], result["rank_high"] = _ranked(low, rated), _ranked(high, rated)
    return result


def _is_count(given: object) -> bool:
    return isinstance(given, int | np.integer) and not isinstance(given, bool) and int(given) >= 0


def scheme_problems(scheme: object) -> list[Problem]:
    """Return what keeps a scheme from being used; one from a file was looked at when it was read."""
    if not isinstance(scheme, Scheme):
        return [Problem("scheme_type", "scheme", params={"value": type(scheme).__name__})]
    if not scheme.dimensions or any(not dimension.indicators for dimension in scheme.dimensions):
        return [Problem("scheme_empty", "scheme")]
    problems = []
    for dimension in scheme.dimensions:
        for entry, weight in [(dimension.key, dimension.weight), *((i.column, i.weight) for i in dimension.indicators)]:
            if not np.isfinite(weight) or weight <= 0:
                problems.append(Problem("scheme_weight", "scheme", params={"entry": entry, "value": f"{weight:g}"}))
    for one in scheme.indicators:
        if one.floor == one.target or not np.isfinite([one.floor, one.target]).all():
            params = {"column": one.column, "value": f"{one.floor:g}"}
            problems.append(Problem("scheme_flat", "scheme", params=params))
    return problems


def table_problems(table: object, scheme: Scheme) -> list[Problem]:
    """Return what keeps a table from being rated by a scheme."""
    if not isinstance(table, pd.DataFrame):
        return [Problem("not_a_frame", "table", params={"value": type(table).__name__})]
    problems = [
        Problem("id_duplicate", "table", (item,), params={"value": item, "count": int((table.index == item).sum())})
        for item in table.index[table.index.duplicated()].unique()
    ]
    names = [str(name) for name in table.columns]
    for column in [one.column for one in scheme.indicators]:
        if column not in names:
            near = get_close_matches(column, names, n=1)
            params = {"column": column, "present": ", ".join(names) or "–", "hint": "".join(near)}
            problems.append(Problem("measure_column_missing", "table", params=params))
        else:
            problems += _odd_figures(table[column], column)
    return problems


def _odd_figures(figures: pd.Series, column: str) -> list[Problem]:
    """Return figures that are no plain numbers, and shares that are none."""
    numeric = pd.api.types.is_numeric_dtype(figures) and not pd.api.types.is_bool_dtype(figures)
    numbers = pd.to_numeric(figures if numeric else figures.where(figures.isna(), None), errors="coerce").astype(float)
    # A text that looks like a number may be one in another unit: whoever reads the file decides.
    odd = (figures.notna() & (numbers.isna() | np.isinf(numbers))).to_numpy(dtype=bool)
    outside = column.endswith("_share") & (numbers.lt(0) | numbers.gt(1)).to_numpy(dtype=bool) & ~odd
    return [
        Problem(code, "table", (figures.index[at],), params={"column": column, "value": figures.iloc[at]})
        for code, which in (("not_a_number", odd), ("share_range", outside))
        for at in np.flatnonzero(which).tolist()
    ]


def normalised(table: pd.DataFrame, scheme: Scheme) -> Floats:
    """Return each figure between its floor (0) and its target (1), NaN where missing; shape ``(zones, indicators)``."""
    columns = []
    for one in scheme.indicators:
        figures = table[one.column].to_numpy(dtype=float, na_value=np.nan)
        columns.append(np.clip((figures - one.floor) / (one.target - one.floor), 0.0, 1.0))
    return np.stack(columns, axis=1)


def _shares(weights: list[float]) -> Floats:
    given = np.asarray(weights, dtype=float)
    return np.asarray(given / given.sum())


def _parts(normal: Floats, scheme: Scheme, within: list[Floats]) -> Floats:
    """Return the score of each dimension for sets of weights; shape ``(zones, dimensions, draws)``.

    Missing indicators leave their weight to the others. Sums run over one indicator after the other, so that a zone's
    score is the same to the last bit whatever other zones there are.
    """
    parts = np.empty((len(normal), len(scheme.dimensions), len(within[0])))
    at = 0
    for place, (dimension, weights) in enumerate(zip(scheme.dimensions, within, strict=True)):
        whole = np.zeros((len(normal), weights.shape[0]))
        total = np.zeros_like(whole)
        for one in range(len(dimension.indicators)):
            known = np.isfinite(normal[:, at])
            whole += known[:, None] * weights[None, :, one]
            total += np.where(known, normal[:, at], 0.0)[:, None] * weights[None, :, one]
            at += 1
        with np.errstate(invalid="ignore", divide="ignore"):
            parts[:, place] = np.minimum(total / whole, 1.0)
    return parts


def _geometric(parts: Floats, across: Floats) -> Floats:
    """Return the weighted geometric mean of dimensions; shape ``(zones, draws)``."""
    score = np.ones((parts.shape[0], parts.shape[2]))
    for place in range(parts.shape[1]):
        score *= np.power(parts[:, place], across[None, :, place])
    return score


def _unrated(normal: Floats, scheme: Scheme) -> npt.NDArray[np.intp]:
    """Return 0 for zones that are rated, 1 for those with too few indicators, 2 for those without a dimension."""
    missing = ~np.isfinite(normal)
    why = np.zeros(len(normal), dtype=np.intp)
    at = 0
    for dimension in scheme.dimensions:
        upto = at + len(dimension.indicators)
        why[missing[:, at:upto].all(axis=1)] = 2
        at = upto
    # 40 % of ten indicators are four: shares are compared as counts, without rounding.
    limit = rule_value("LIB-COMP-MISSING") * missing.shape[1]
    why[missing.sum(axis=1) >= limit - 1e-9] = 1
    return why


def _ranked(ranks: npt.NDArray[np.intp] | None, rated: npt.NDArray[np.bool_]) -> pd.arrays.IntegerArray:
    """Return ranks of rated rows among all rows, the rest missing."""
    full = np.zeros(len(rated), dtype=np.int64)
    if ranks is not None:
        full[rated] = ranks
    return pd.arrays.IntegerArray(full, ~rated if ranks is not None else np.ones(len(rated), dtype=bool))


def _interval(
    normal: Floats, scheme: Scheme, draws: int, seed: int
) -> tuple[npt.NDArray[np.intp] | None, npt.NDArray[np.intp] | None]:
    """Return the least and the greatest rank of the middle of the draws of weights."""
    if not draws:
        return None, None
    rng = np.random.default_rng(seed)
    across = drawn_weights(rng, [dimension.weight for dimension in scheme.dimensions], draws)
    within = [drawn_weights(rng, _weights(dimension), draws) for dimension in scheme.dimensions]
    return middle(ranks_of(_geometric(_parts(normal, scheme, within), across)))


def _weights(dimension: Dimension) -> list[float]:
    return [one.weight for one in dimension.indicators]
