"""One sentence for each unit, saying from its figures why it stands where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fringe.model import words
from fringe.model.assessment import Assessment, Item
from fringe.model.units import show

# Points below this are not worth a word.
_WORTH_A_WORD = 0.05


def reasons(
    table: pd.DataFrame, ranking: pd.DataFrame, scheme: Assessment, within: str | None, lang: str | None
) -> pd.Series[Any]:
    """Return a sentence for each row of a ranking.

    Parameters
    ----------
    table
        The figures that were assessed.
    ranking
        What became of them; see `fringe.rank`.
    scheme
        By which.
    within
        The column of the groups, if any.
    lang
        Of the sentences.
    """
    counts = ranking["score"].notna()
    total = (
        counts.groupby(table[within], dropna=False).transform("sum")
        if within
        else pd.Series(counts.sum(), index=table.index)
    )
    sentences = [
        _sentence(table.iloc[at], ranking.iloc[at], scheme, int(total.iloc[at]), lang) for at in range(len(table))
    ]
    return pd.Series(sentences, index=table.index, dtype=object)


def _sentence(figures: pd.Series[Any], row: pd.Series[Any], scheme: Assessment, count: int, lang: str | None) -> str:
    if pd.isna(row["score"]):
        lacking = [_name(item, lang) for item in scheme.items if pd.isna(figures[item.column])]
        lacking += [gate.name or gate.column for gate in scheme.gates if pd.isna(figures[gate.column])]
        names = words.text("assessment.and", lang).join(lacking)
        return words.text("assessment.not_scored", lang, items=names)
    parts = [_standing(row, count, lang), *_items(figures, row, scheme, lang)]
    if row["gate"] is not None:
        parts.append(words.text("assessment.gate", lang, gate=row["gate"], score=f"{row['score']:.1f}"))
    if not pd.isna(row["adjusted_rank"]):
        key = (
            "better"
            if row["adjusted_rank"] < row["rank"]
            else "worse"
            if row["adjusted_rank"] > row["rank"]
            else "same"
        )
        parts.append(words.text(f"assessment.adjusted_{key}", lang, rank=int(row["adjusted_rank"])))
    return words.text("assessment.sentence", lang, parts=words.text("assessment.then", lang).join(parts))


def _standing(row: pd.Series[Any], count: int, lang: str | None) -> str:
    params: dict[str, Any] = {"score": f"{row['score']:.1f}", "rank": int(row["rank"]), "count": count}
    if pd.isna(row["rank_low"]) or row["rank_low"] == row["rank_high"]:
        return words.text("assessment.place", lang, **params)
    params |= {"low": int(row["rank_low"]), "high": int(row["rank_high"])}
    return words.text("assessment.place_between", lang, **params)


def _items(figures: pd.Series[Any], row: pd.Series[Any], scheme: Assessment, lang: str | None) -> list[str]:
    """Return where most points come from, and where most are lost."""
    earned = np.array([float(row[f"points_{item.column}"]) for item in scheme.items])
    most = np.array(scheme.points())
    parts = []
    if earned.max() > _WORTH_A_WORD:
        at = int(earned.argmax())
        item = _item(figures, scheme.items[at], lang, points=f"{earned[at]:.1f}", most=f"{most[at]:.1f}")
        parts.append(words.text("assessment.gained", lang, item=item))
    lost = most - earned
    if lost.max() > _WORTH_A_WORD and len(scheme.items) > 1:  # of a single item all is said
        at = int(lost.argmax())
        item = _item(figures, scheme.items[at], lang, points=f"{earned[at]:.1f}", most=f"{most[at]:.1f}")
        parts.append(words.text("assessment.lost", lang, item=item, lost=f"{lost[at]:.1f}"))
    return parts


def _item(figures: pd.Series[Any], item: Item, lang: str | None, **params: str) -> str:
    value = figures[item.column]
    shown = show(float(value), item.column, lang)
    return words.text("assessment.item", lang, name=_name(item, lang), value=shown, **params)


def _name(item: Item, lang: str | None) -> str:
    if item.name:
        return item.name
    label = words.label(item.column, lang)
    return label[:1].lower() + label[1:] if words.resolve_lang(lang) == "en" else label
