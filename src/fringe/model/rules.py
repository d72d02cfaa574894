"""The planning rules as data: every threshold with its source, article, validity and certainty (`rules.csv`).

*Place*, *subject*, *class* and *setting* say what a rule is about (Zhengzhou; a road; a motorway; cropland beside it);
an empty cell means all, several values are parted by ``;``. *Min* and *max* bound the subject's size where a rule
depends on it: a road's red-line width in m (setting ``red_line``), a park's area in m². *Certainty* is A (primary text
read), B (secondary source read), C or D (not verified, and printed so); a *library convention* is this library's own
choice and has none. A rule holds from `valid_from` to the end of `valid_to`; an empty one is open.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from importlib import resources

import pandas as pd

from fringe.errors import FringeError
from fringe.model import words
from fringe.model.problem import Problem
from fringe.model.states import Day, as_day

_NUMBERS = ("value", "min", "max")
_DAYS = ("valid_from", "valid_to")
_SEVERAL = ";"
_UNVERIFIED = frozenset({"C", "D"})


def rules(on: Day | None = None, *, place: str | None = None) -> pd.DataFrame:
    """Return the planning rules, or those in force on a day.

    Parameters
    ----------
    on
        A day; a rule counts from its first day to its last, both included. `None`: all rules of all times.
    place
        Such as ``"Zhengzhou"``: leaves out the rules of other places. `None`: all places.

    Returns
    -------
    rules
        Indexed by `id`; columns quantity, op, value, unit, place, subject, class, setting, min, max, source, article,
        valid_from, valid_to, certainty, note. `value`, `min`, `max` are numbers in `unit` and in the subject's size,
        validities are days; an empty text stands for all. A new table at each call.

    Raises
    ------
    FringeError
        If `on` is not a day.

    Examples
    --------
    >>> from fringe.model.rules import rules
    >>> belts = rules("2019-12-01").query("quantity == 'protection_distance' and setting == 'urban'")
    >>> belts[["class", "op", "value", "unit", "article"]]
                        class  op  value unit article
    id
    RAIL-27-U-H    high_speed  ==   10.0    m   27(1)
    RAIL-27-U-O  conventional  ==    8.0    m   27(1)
    """
    table = _table().copy()
    if place is not None:
        table = table[table["place"].isin(["", place])]
    return table if on is None else table[_holds(table, as_day(on, "rules"))]


def rule_value(rule: str, on: Day | None = None) -> float:
    """Return the figure of one rule, in the rule's own unit.

    Parameters
    ----------
    rule
        Its id.
    on
        A day on which the rule must hold; `None`: it is not asked.

    Raises
    ------
    FringeError
        If there is no such rule, or it does not hold on the day.

    Examples
    --------
    >>> from fringe.model.rules import rule_value
    >>> rule_value("RAIL-27-X-H"), rule_value("LIB-SPI-AHEAD")
    (20.0, 1.05)
    """
    row = _rule(rule)
    if on is not None:
        day = as_day(on, "rules")
        if not _holds(row.to_frame().T, day).iloc[0]:
            spans = {name: "…" if pd.isna(row[name]) else f"{row[name]:%Y-%m-%d}" for name in _DAYS}
            raise FringeError(
                Problem("rule_not_in_force", "rules", (rule,), params={"value": f"{day:%Y-%m-%d}", **spans})
            )
    return float(row["value"])


def citation(rule: str, lang: str | None = None) -> str:
    """Return a rule's source, article and id as a report prints them; an unverified rule says so.

    Raises
    ------
    FringeError
        If there is no such rule.

    Examples
    --------
    >>> from fringe.model.rules import citation
    >>> print(citation("RAIL-27-U-H", "zh"))
    《铁路安全管理条例》第27条(1)［RAIL-27-U-H］
    >>> print(citation("RAIL-27-U-H", "en"))
    Regulation on the Administration of Railway Safety, art. 27(1) [RAIL-27-U-H]
    """
    return _cited(rule, _rule(rule), lang)


@cache
def _table() -> pd.DataFrame:
    file = resources.files("fringe.model") / "rules.csv"
    with file.open("r", encoding="utf-8") as text:
        table = pd.read_csv(text, dtype=str, keep_default_na=False, index_col="id")
    for name in _NUMBERS:
        table[name] = pd.to_numeric(table[name].where(table[name] != "")).astype(float)
    for name in _DAYS:
        table[name] = pd.to_datetime(table[name].where(table[name] != ""), format="%Y-%m-%d")
    return table


def _holds(table: pd.DataFrame, day: pd.Timestamp) -> pd.Series[bool]:
    begun = table["valid_from"].isna() | (table["valid_from"] <= day)
    return begun & (table["valid_to"].isna() | (table["valid_to"] >= day))


def _rule(rule: str) -> pd.Series:
    table = _table()
    if rule in table.index:
        return table.loc[[rule]].iloc[0]
    near = get_close_matches(str(rule).upper(), table.index, n=1)
    params = {"value": rule, "hint": near[0] if near else "", "allowed": ", ".join(table.index)}
    raise FringeError(Problem("rule_unknown", "rules", params=params))


def _cited(rule: str, row: pd.Series, lang: str | None) -> str:
    sources, articles = str(row["source"]).split(_SEVERAL), str(row["article"]).split(_SEVERAL)
    pairs = zip(sources, articles, strict=True)
    parts = words.text("phrase.rule_sources", lang).join(_with_article(*pair, lang) for pair in pairs)
    cited = words.text("phrase.rule_cited", lang, cited=parts, rule=rule)
    return words.text("phrase.rule_unverified", lang, cited=cited) if row["certainty"] in _UNVERIFIED else cited


def _with_article(source: str, article: str, lang: str | None) -> str:
    name = words.value("source", source, lang)
    if not article:
        return name
    if article == "target":
        return words.text("phrase.rule_target", lang, source=name)
    numbered = re.fullmatch(r"(\d+)(.*)", article)
    if numbered is None:
        return words.text("phrase.rule_clause", lang, source=name, number=article)
    return words.text("phrase.rule_article", lang, source=name, number=numbered[1], rest=numbered[2])
