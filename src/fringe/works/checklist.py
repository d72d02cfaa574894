"""What zones reach of a checklist: points by weight, and how much of the checklist was looked at.

A *rating* gives an item at a place on a day. Of several of one item at one site (or of a zone, where no sites are
named) the latest counts. Sites of a group weigh the same. What was not looked at is neither lost nor won: it stands
apart as the completeness.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.io.checklist import full_marks, rating_problems, weight_problems
from fringe.model.contract import conform
from fringe.model.problem import refuse
from fringe.works.groups import By, by_problems, grouped, placed
from fringe.works.ledger import moment


def score_checklist(
    checklist: pd.DataFrame,
    ratings: pd.DataFrame,
    *,
    on: object,
    by: By = "zone",
    zones: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the score of each zone, or other group, against a checklist on a day.

    Parameters
    ----------
    checklist
        The items; see `fringe.read_checklist`. Not written to.
    ratings
        What was given; see `fringe.read_ratings`. Not written to.
    on
        A day: ratings up to its end count, and of one item at one site the latest; of several on a day the last row.
    by
        ``"zone"``, a column of the ratings, of the zones when they are given, or of the checklist (as ``"section"``);
        several give a MultiIndex; `None` gives one row.
    zones
        The zones: every one of them appears then, and ratings of unknown zones are refused.

    Returns
    -------
    table
        One row for each group.

        ``points``, ``points_rated``
            Weights times the mean share of the full mark over the group's sites, summed over the items rated; and the
            weights of these items.
        ``score_share``
            `points` / `points_rated`, 0 to 1; NaN where nothing was rated.
        ``n_items``, ``n_rated``
            Items of the checklist (with ``"section"``, of the section), and how many of them were rated.
        ``completeness_share``
            `points_rated` / the weight of all these items.
        ``n_sites``
            Sites the ratings come from.
        ``last_rated_on``
            The date of the latest rating that counts.

    Raises
    ------
    LayerError
        With all problems of checklist, ratings, zones and arguments.

    Examples
    --------
    Half of the paving and all of the toilets; nobody looked at the wires.

    >>> import pandas as pd
    >>> items = pd.DataFrame({"item": ["1", "2", "3"], "content": ["paving", "toilets", "wires"],
    ...     "weight": [50.0, 30.0, 20.0]})
    >>> given = pd.DataFrame({"item": ["1", "1", "2"], "zone": ["a", "a", "a"], "score": [50.0, 25.0, 30.0],
    ...     "date": ["2020-01-03", "2020-01-10", "2020-01-10"]})
    >>> score_checklist(items, given, on="2020-01-31")[["points", "points_rated", "score_share", "completeness_share"]]
          points  points_rated  score_share  completeness_share
    zone
    a       55.0          80.0       0.6875                 0.8
    """
    items, problems = conform(checklist, "checklist")
    own, found = conform(ratings, "ratings") if len(ratings) else (_no_ratings(), [])
    # Nothing refers to a rating by its number.
    problems += [one for one in found if one.code not in {"id_made", "id_missing", "id_duplicate"}]
    day, found = moment(on, "on")
    refuse([*problems, *found], LayerError)
    refuse([*weight_problems(items, items["weight"].sum()), *rating_problems(own, items)], LayerError)
    own = own.reset_index(drop=True).assign(
        share=own["score"].to_numpy() / own["item"].map(full_marks(items)).to_numpy()
    )
    if idle := [name for name in _names(by) if name in items.columns and name not in own.columns]:
        own = own.assign(**{name: own["item"].map(items[name]) for name in idle})
    ground: pd.DataFrame | None = None
    found = []
    if zones is not None:
        own, ground, found = placed(own, zones)
    found += by_problems(by, own, ground)
    refuse([replace(one, layer="ratings") if one.layer == "tasks" else one for one in found], LayerError)
    return _table(_latest(own, day), items, by, ground)


def _names(by: By) -> list[str]:
    if by is None:
        return []
    return [by] if isinstance(by, str) else list(by)


def _latest(ratings: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the latest rating of each item at each site by a day, the last row of several on a day."""
    due = ratings[ratings["date"] <= day].sort_values("date", kind="stable")
    sites = due["site"] if "site" in due.columns else pd.Series(None, index=due.index, dtype=object)
    due = due.assign(site=sites.where(sites.notna(), None))
    keys = due.assign(site=due["site"].fillna(""))
    return due[~keys.duplicated(["zone", "site", "item"], keep="last")].sort_index()


def _table(ratings: pd.DataFrame, items: pd.DataFrame, by: By, ground: pd.DataFrame | None) -> pd.DataFrame:
    groups = grouped(by, ratings, ground)
    weight = items["weight"]
    shares = pd.DataFrame(
        {"group": groups.of, "item": ratings["item"].to_numpy(), "share": ratings["share"].to_numpy()}
    )
    means = shares.groupby(["group", "item"], sort=True)["share"].mean().reset_index()
    own_weight = means["item"].map(weight).to_numpy(dtype=float)
    size = len(groups.index)
    points = np.bincount(means["group"], weights=own_weight * means["share"], minlength=size).astype(float)
    rated = np.bincount(means["group"], weights=own_weight, minlength=size).astype(float)
    n_items, whole = _whole(items, by, groups.index)
    sites = ratings.assign(group=groups.of, site=ratings["site"].fillna(""))
    last = sites.groupby("group")["date"].max().reindex(range(size))
    table = pd.DataFrame({"points": points, "points_rated": rated}, index=groups.index)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["score_share"] = np.clip(points / rated, 0.0, 1.0)
        table["n_items"], table["n_rated"] = n_items, np.bincount(means["group"], minlength=size)
        table["completeness_share"] = np.clip(rated / whole, 0.0, 1.0)
    table["n_sites"] = np.bincount(sites.drop_duplicates(["group", "zone", "site"])["group"], minlength=size)
    table["last_rated_on"] = last.to_numpy()
    return table


def _whole(items: pd.DataFrame, by: By, index: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Return number and weight of the items a group could be rated by: of its section, else all."""
    parts = [name for name in _names(by) if name in items.columns]
    keys = index.to_frame(index=False)[parts]
    numbers, weights = [], []
    for key in keys.itertuples(index=False, name=None):
        own = np.ones(len(items), dtype=bool)
        for name, value in zip(parts, key, strict=True):
            own &= (items[name].isna() if pd.isna(value) else items[name] == value).to_numpy(dtype=bool)
        numbers.append(int(own.sum()))
        weights.append(float(items["weight"].to_numpy()[own].sum()))
    return np.array(numbers, dtype=int), np.array(weights, dtype=float)


def _no_ratings() -> pd.DataFrame:
    columns: dict[str, Any] = {"item": object, "zone": object, "score": float, "date": "datetime64[us]"}
    return pd.DataFrame({name: np.array([], dtype=dtype) for name, dtype in columns.items()})
