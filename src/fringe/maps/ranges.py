"""What classes are called in a legend, and the digits it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from fringe.maps.classes import Classes
from fringe.model import units, words

# Figures of this size and beyond, and steps finer than this, are written with powers of ten.
LONGEST, _FINEST = 1e15, 1e-6
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# A number without a rule is shown with at most two decimals.
_PLAIN_DECIMALS = 2


def class_labels(
    classes: Classes, column: str, lang: str | None = None, *, whole: bool = False
) -> tuple[list[str], str]:
    """Return a label for each class, and the unit they are in.

    Parameters
    ----------
    classes
        In the column's own unit.
    column
        Its name tells the unit people read.
    lang
        ``"zh"`` or ``"en"``.
    whole
        Whether classes are called by the whole numbers they hold, both ends included.

    Examples
    --------
    >>> class_labels(Classes((0.0, 0.2, 0.45)), "covered_share", "en")
    (['0–20', '20–45'], '%')
    >>> class_labels(Classes((0.0, 5.0, 10.0)), "n_plots", "en", whole=True)[0]
    ['0–4', '5–10']
    >>> class_labels(Classes((-0.1, -0.0005, 0.0005, 0.1), diverging=True, neutral=1), "covered_share_change", "zh")[0]
    ['-10 至 0', '无变化', '0 至 +10']
    """
    how = units.display(column, lang) or units.Display(decimals=_PLAIN_DECIMALS)
    ends = classes.nominal()
    if whole and all(low <= high for low, high in classes.whole()):
        # Open classes are told by the edge they lie beyond.
        ends = [told if math.inf in map(abs, told) else held for told, held in zip(ends, classes.whole(), strict=True)]
    scaled = [(low * how.factor, high * how.factor) for low, high in ends]
    edges = sorted({edge for pair in scaled for edge in pair if math.isfinite(edge)})
    texts = _texts(edges, how, signed=classes.diverging)
    signed = classes.diverging or min(edges, default=0.0) < 0
    labels = [_label(low, high, texts, lang, signed=signed, beyond=classes.beyond) for low, high in scaled]
    if classes.neutral is not None:
        labels[classes.neutral] = words.text("map.no_change", lang)
    return labels, how.unit


def is_counted(column: str) -> bool:
    """Return whether a column holds whole numbers by its name.

    Examples
    --------
    >>> is_counted("n_plots"), is_counted("covered_share"), is_counted("mine")
    (True, False, False)
    """
    how = units.display(column)
    return how is not None and how.factor == 1 and how.decimals == 0


def unseen_of(column: str, *, whole: bool = False) -> float:
    """Return the size up to which numbers of a column are shown as 0.

    Examples
    --------
    >>> unseen_of("covered_share_change"), unseen_of("n_plots_change"), unseen_of("mine")
    (0.0005, 0.5, 0.005)
    """
    how = units.display(column) or units.Display(decimals=0 if whole else _PLAIN_DECIMALS)
    return 0.5 * 10.0**-how.decimals / how.factor


def _label(low: float, high: float, texts: dict[float, str], lang: str | None, *, signed: bool, beyond: bool) -> str:
    if low == -math.inf:
        return words.text("map.range_below", lang, high=texts[high])
    if high == math.inf:
        return words.text("map.range_above" if beyond else "map.range_from", lang, low=texts[low])
    if texts[low] == texts[high]:
        return texts[low]
    return words.text("map.range_signed" if signed else "map.range", lang, low=texts[low], high=texts[high])


def _texts(edges: Sequence[float], how: units.Display, *, signed: bool) -> dict[float, str]:
    """Return how edges are written, in as few digits as tell them apart."""
    if _needs_powers(edges):
        return dict(zip(edges, _powers(edges, signed=signed), strict=True))
    decimals = _decimals(edges)
    if len(edges) == 1 and (shown := round(edges[0], how.decimals)):
        # A single value is written as on the map, without noughts behind its point.
        decimals = next(n for n in range(how.decimals + 1) if round(shown, n) == shown)
    rule = replace(how, factor=1.0, decimals=decimals, unit="", also=None, signed=signed)
    return {edge: rule.show(edge) for edge in edges}


def _needs_powers(edges: Sequence[float]) -> bool:
    """Return whether edges are too long, or too close to one another and to nought, to be read as they are."""
    if max(map(abs, edges), default=0.0) >= LONGEST:
        return True
    gaps = [high - low for low, high in pairwise(edges) if high > low] or [abs(edge) for edge in edges if edge]
    return 0 < min(gaps, default=1.0) < _FINEST


def _powers(edges: Sequence[float], *, signed: bool) -> list[str]:
    """Return edges as figures times powers of ten, to a hundredth of the narrowest class.

    Examples
    --------
    >>> _powers([0.0, 2e-9, 2.5e-9], signed=False)
    ['0', '2.0×10⁻⁹', '2.5×10⁻⁹']
    """
    gaps = [high - low for low, high in pairwise(edges) if high > low]
    near = min(gaps, default=0.0) / 100
    places = next((n for n in range(16) if all(abs(float(f"{edge:.{n}e}") - edge) <= near for edge in edges)), 16)
    parts = [f"{edge:{'+' if signed else ''}.{places}e}".split("e") for edge in edges]
    return [
        f"{figure}×10{str(int(power)).translate(_RAISED)}" if edge else "0"
        for edge, (figure, power) in zip(edges, parts, strict=True)
    ]


def _decimals(edges: Sequence[float]) -> int:
    """Return the fewest decimals that show edges to a hundredth of the narrowest class."""
    gaps = [high - low for low, high in pairwise(edges) if high > low]
    least = min(gaps, default=abs(edges[0]) if edges else 1.0) or 1.0
    for decimals in range(7):
        if all(abs(round(edge, decimals) - edge) <= least / 100 for edge in edges):
            return decimals
    return 7
