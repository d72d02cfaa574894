"""What a public map may not say: which layers, columns and rows are sensitive, as `sensitive.csv` names them.

The table holds regular expressions: of whole names of columns (``column``) or parts of them (``column_part``), of whole
words in cells (``row``) or parts of them (``row_part``), of parts of what single cells say of a person (``value``), and
of parts of the names of layers (``layer``). A part of an English name is bounded by its ends and its underscores:
``tel`` is no part of ``hotel``.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

# Numbers of telephones are whole.
_WHOLE = re.compile(r"(\d+)\.0")


@cache
def _patterns(what: str) -> re.Pattern[str]:
    with (resources.files("fringe.maps") / "sensitive.csv").open("r", encoding="utf-8") as text:
        table = pd.read_csv(text, dtype=str, keep_default_na=False)
    return re.compile("|".join(f"(?:{match})" for match in table["match"][table["what"] == what]), re.IGNORECASE)


def names_layer(name: str) -> bool:
    """Return whether a name is that of a sensitive layer.

    Examples
    --------
    >>> names_layer("永久基本农田图斑"), names_layer("Greening plots")
    (True, False)
    """
    return _patterns("layer").search(name) is not None


def names_person(column: str) -> bool:
    """Return whether a column, by its name, tells of persons, or holds remarks in which they may be told of.

    Examples
    --------
    >>> [names_person(name) for name in ("联系人及电话", "contact_phone", "lead_unit", "hotel", "负责单位")]
    [True, True, False, False, False]
    """
    name = column.strip()
    return _patterns("column").fullmatch(name) is not None or _patterns("column_part").search(name) is not None


def tells_of_persons(column: pd.Series) -> bool:
    """Return whether a cell of a column holds a number or an address that belongs to a person.

    Examples
    --------
    >>> tells_of_persons(pd.Series(["王某 13800001111", "x"])), tells_of_persons(pd.Series([13800001111, 13900002222]))
    (True, True)
    >>> tells_of_persons(pd.Series(["K12+300", "2020-04-10"])), tells_of_persons(pd.Series([1.5e10, 2.0]))
    (False, False)
    """
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        known = column.dropna()
        texts = [_WHOLE.sub(r"\1", str(item)) for item in known.head(1000)]
        # One figure in a thousand looks like a telephone; a column of telephones holds nothing else.
        return bool(texts) and all(_patterns("value").fullmatch(text) for text in texts)
    return any(_patterns("value").search(text) for item in column.dropna() for text in _texts(item))


def _texts(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    return [text for part in item for text in _texts(part)] if pd.api.types.is_list_like(item) else []


def sensitive_cells(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells say a sensitive word.

    Examples
    --------
    >>> sensitive_cells(pd.Series(["划定永久基本农田", "非基本农田", "林地", ["营房", "路"]])).tolist()
    [True, False, False, True]
    """
    items = column.astype(object)
    try:
        # Most cells say what others say.
        codes, different = pd.factorize(items)
    except TypeError:
        return np.array([_is_wrong(item) for item in items], dtype=bool)
    # Code -1, of a missing cell, is the last.
    return np.array([*map(_is_wrong, different), False], dtype=bool)[codes]


def _is_wrong(item: Any) -> bool:
    if isinstance(item, str):
        return _patterns("row").fullmatch(item.strip()) is not None or _patterns("row_part").search(item) is not None
    return pd.api.types.is_list_like(item) and any(map(_is_wrong, item))
