"""How the classes of a shaded map look, and which of them stand in its legend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fringe.maps import palette
from fringe.maps.classes import Classes
from fringe.maps.style import Pattern, Symbol


def class_symbols(classes: Classes, ramp: str) -> list[Symbol]:
    """Return the symbol of each class.

    Colours of diverging classes go by their sign and their distance from the middle; a grey printer cannot tell the
    two ends apart, so falls are hatched. Open classes have colours of their own, whether anything is in them or not.
    """
    signs = classes.signs()
    if classes.diverging and ramp in palette.DIVERGING:
        colours = palette.two_sided(ramp, signs.count(-1), signs.count(1))
    elif classes.beyond:
        colours = palette.held(ramp, len(classes) - 2)
    else:
        colours = palette.ramp(ramp, len(classes))
    hatched = [
        _hatch(fill) if classes.diverging and sign < 0 else None for fill, sign in zip(colours, signs, strict=True)
    ]
    return [Symbol(fill=fill, pattern=pattern) for fill, pattern in zip(colours, hatched, strict=True)]


def listed(classes: Classes, values: npt.NDArray[np.float64]) -> list[int]:
    """Return the classes that stand in the legend of a map of all these values.

    Fixed ones always do; open ones, and the one made around 0, if a value is in them. Of computed diverging ones it is
    those from the greatest fall there is to the greatest rise.

    Examples
    --------
    >>> listed(Classes((-np.inf, 0.1, 0.2, 0.3, np.inf), beyond=True), np.array([0.15, 0.4]))
    [1, 2, 3]
    """
    used = np.bincount(classes.assign(values[np.isfinite(values)]), minlength=len(classes)) > 0
    found = np.ones(len(classes), dtype=bool)
    if classes.beyond:
        found[[0, -1]] = used[[0, -1]]
    elif classes.diverging and used.any():
        middle, there = len(classes) // 2, np.flatnonzero(used)
        found[: min(there[0], middle)] = False
        found[max(there[-1], middle) + 1 :] = False
    if classes.neutral is not None:
        found[classes.neutral] = used[classes.neutral]
    return [int(number) for number in np.flatnonzero(found)]


def _hatch(fill: str) -> Pattern:
    return Pattern("back_hatch", palette.spread([fill, palette.INK], 4)[1], 7.0, 1.0)
