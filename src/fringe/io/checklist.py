"""Checklists of appraisals and what was given against them, from Excel or CSV files; every problem names its cell.

The library ships no checklist: offices have their own edition, and its text belongs to whoever wrote it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.io.addressed import read_addressed
from fringe.model.entries import unknown_names
from fringe.model.problem import Problem, refuse

# What the weights of a checklist add up to, unless it says otherwise: points of a hundred, or shares of one.
_TOTALS = (100.0, 1.0)
# Weights of fifteen digits, added up.
_ROUNDING = 1e-6


def read_checklist(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    edition: str | None = None,
    total: float | None = None,
) -> pd.DataFrame:
    r"""Return the checklist of an appraisal.

    Parameters
    ----------
    path
        An .xlsx or .csv file with a row for each item: 编号 (item), 测评内容 (content), 分值 or 权重 (weight), and
        where there are 测评项目 (section), 测评标准 (standard), 测评方法 (method), 满分 (full_mark), 版本 (edition).
    sheet
        Of a workbook; `None`: the one that looks like a checklist.
    edition
        Which edition, where the file holds several.
    total
        What the weights add up to. `None`: 100 or 1. Anything else is a warning.

    Returns
    -------
    checklist
        Indexed by `item`; `content`, `weight`, and the other columns as far as the file has them.

    Raises
    ------
    LayerError
        With all problems, each at its cell: items without a number of their own, weights that are no numbers, several
        editions of which none was chosen.

    Warns
    -----
    FringeWarning
        If the weights do not add up.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "checklist.csv"
    >>> _ = path.write_text("编号,测评项目,测评内容,分值\n1,卫生,路面,60\n2,卫生,公厕,40\n", encoding="utf-8")
    >>> read_checklist(path)
         section content  weight
    item
    1         卫生      路面    60.0
    2         卫生      公厕    40.0
    """
    table = read_addressed(Path(path), "checklist", sheet)
    # An item may stand in every edition of a file.
    problems = [found for found in table.problems if found.code != "id_duplicate"]
    refuse([found for found in problems if found.severity == "error"])
    items, found = _of_edition(table.layer, edition)
    twice = items.index[items.index.duplicated()].unique()
    for item in twice:
        places = tuple(table.cells[at]["item"].address for at in np.flatnonzero(table.layer.index == item))
        params = {"value": item, "count": int((items.index == item).sum())}
        found.append(Problem("id_duplicate", "checklist", places, params=params))
    refuse([*problems, *found, *weight_problems(items, total)])
    return items


def _of_edition(items: pd.DataFrame, edition: str | None) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the items of an edition, or a problem where it is not there or there are several."""
    known = [str(one) for one in items["edition"].dropna().unique()] if "edition" in items.columns else []
    if edition is None:
        if len(known) > 1:
            raise LayerError(Problem("checklist_editions", "checklist", params={"allowed": ", ".join(known)}))
        return items, []
    if edition not in known:
        params = {"name": "edition", "value": edition, "allowed": ", ".join(known) or "–", "hint": ""}
        raise LayerError(Problem("argument_unknown", "checklist", params=params))
    return items[(items["edition"] == edition).to_numpy()], []


def weight_problems(items: pd.DataFrame, total: float | None = None) -> list[Problem]:
    """Return what is wrong with the weights of a checklist as a whole."""
    if not len(items):
        return [Problem("layer_empty", "checklist")]
    whole = float(items["weight"].sum())
    if whole <= 0:
        return [Problem("checklist_weightless", "checklist")]
    wanted = _TOTALS if total is None else (float(total),)
    if any(abs(whole - one) <= _ROUNDING * one for one in wanted):
        return []
    params = {"value": f"{whole:.10g}", "allowed": ", ".join(f"{one:g}" for one in wanted)}
    return [Problem("checklist_total", "checklist", severity="warning", params=params)]


def read_ratings(
    path: str | os.PathLike[str],
    checklist: pd.DataFrame,
    *,
    sheet: str | None = None,
    zones: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Return what appraisers gave for the items of a checklist.

    Parameters
    ----------
    path
        An .xlsx or .csv file with a row for each rating: 测评编号 (item), 片区 (zone), 得分 (score), 日期 (date), and
        where there are 点位 (site), 检查人 (inspector), 备注 (note), 编号 (rating).
    checklist
        As `read_checklist` gives it.
    sheet
        Of a workbook; `None`: the one that looks like ratings.
    zones
        The zones, if ratings of unknown zones are to be refused; zones are named by id or unique name.

    Returns
    -------
    ratings
        Indexed by `rating`; `score` from 0 to the item's full mark (its weight where it has none).

    Raises
    ------
    LayerError
        With all problems, each at its cell: items the checklist lacks, scores below 0 or above the full mark, unknown
        zones, missing dates. Nothing of a refused file is returned.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> items = pd.DataFrame({"content": ["paving"], "weight": [60.0]}, index=pd.Index(["1"], name="item"))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ratings.csv"
    >>> _ = path.write_text("测评编号,片区,得分,日期\n1,东片,48,2020-01-17\n2,东片,70,2020-01-17\n", encoding="utf-8")
    >>> try:
    ...     read_ratings(path, items)
    ... except LayerError as error:
    ...     print([(found.code, found.rows) for found in error.problems])
    [('rating_unknown_item', ('ratings-0002 A3',))]
    """
    table = read_addressed(Path(path), "ratings", sheet)
    # Nothing refers to a rating by its number.
    problems = [found for found in table.problems if found.code != "id_made"]
    if {"item", "zone", "score"} <= set(table.layer.columns):
        found = rating_problems(table.layer, checklist)
        if zones is not None:
            found += unknown_zones(table.layer, zones)
        problems += [table.at_cells(one) for one in found]
    refuse(problems)
    return table.layer


def rating_problems(ratings: pd.DataFrame, checklist: pd.DataFrame) -> list[Problem]:
    """Return ratings of items the checklist lacks, and scores above the full mark."""
    problems = unknown_names(
        ratings["item"], checklist.index, code="rating_unknown_item", layer="ratings", column="item"
    )
    marks = full_marks(checklist)
    full = ratings["item"].map(marks[~marks.index.duplicated()])
    over = (ratings["score"] > full * (1 + _ROUNDING)).to_numpy(dtype=bool)
    return problems + [
        Problem(
            "rating_above",
            "ratings",
            (row,),
            params={"column": "score", "value": f"{score:g}", "allowed": f"{mark:g}"},
        )
        for row, score, mark in zip(ratings.index[over], ratings["score"][over], full[over], strict=True)
    ]


def full_marks(checklist: pd.DataFrame) -> pd.Series:
    """Return the best score of each item: its full mark, else its weight."""
    if "full_mark" not in checklist.columns:
        return checklist["weight"]
    return checklist["full_mark"].fillna(checklist["weight"])


def unknown_zones(ratings: pd.DataFrame, zones: pd.DataFrame) -> list[Problem]:
    """Return ratings of zones there are not, by id or unique name."""
    known = [*zones.index, *(zones["name"].dropna().drop_duplicates(keep=False) if "name" in zones.columns else [])]
    found = unknown_names(ratings["zone"], known, code="unknown_zone", layer="ratings", column="zone")
    return [replace(one, layer="ratings") for one in found]
