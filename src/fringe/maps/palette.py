"""Colours: ramps for classed maps, and the inks of everything else on the sheet.

A *ramp* runs from few to many: one hue family, lightness falling evenly, so that it survives a grey printer and every
kind of colour blindness. A *diverging ramp* has two hues that colour-blind readers tell apart (blue and orange-brown)
and is lightest in its middle; since a grey printer makes its two ends alike, maps also hatch the classes below zero.
Colours are ``#rrggbb``. Their interpolation is in CIELAB, so that n classes are as even as the anchors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

# Light to dark. "slate" is the default: it leaves green to the plots and cyan to the water.
RAMPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "slate": ("#e8ecee", "#c9d5dd", "#a2b8c8", "#7696af", "#4a6e8f"),
        "sage": ("#edf0dc", "#cfddbb", "#a6c49b", "#74a37d", "#437b60"),
        "sand": ("#f6ebcf", "#e8ca93", "#d2a564", "#b3803f", "#8c5b2a"),
        "plum": ("#ece6ef", "#d4c7dc", "#b7a4c6", "#9079a8", "#685183"),
    }
)
DIVERGING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"change": ("#9a5b1f", "#d9a566", "#f3efe6", "#8fb5c9", "#2d6a8e")},
)
# For words without an order: distinct in hue, also for colour-blind readers, and evenly spaced in lightness, so that a
# grey printer tells them apart; the first ones furthest. Soft enough for large areas.
QUALITATIVE: tuple[str, ...] = (
    "#7089cb",
    "#f0b088",
    "#327367",
    "#d9e1b1",
    "#ab98ca",
    "#997545",
    "#37c1ba",
    "#b8d2e7",
)
# "No data" is no shade of the ramp: white paper, hatched.
NO_DATA = "#ffffff"
NO_DATA_INK = "#8b8f94"

INK = "#1f2a33"
# Of sheets: lesser texts, rules, the mark beside the title, the ground of title and legend.
SOFT, RULE, ACCENT, SHEET = "#55616b", "#d6d1c5", "#a63c2b", "#fffefb"


def ramp(name: str, n: int) -> tuple[str, ...]:
    """Return n colours of a ramp, light to dark (or from its low end to its high end).

    Parameters
    ----------
    name
        A name in `RAMPS` or `DIVERGING`.
    n
        How many. One class gets the middle of the ramp.

    Examples
    --------
    >>> ramp("slate", 5) == RAMPS["slate"]
    True
    >>> len(ramp("sand", 3)), ramp("change", 3)[1]
    (3, '#f3efe6')
    """
    anchors = (*RAMPS.items(), *DIVERGING.items())
    return spread(dict(anchors)[name], n)


def held(name: str, n: int) -> tuple[str, ...]:
    """Return colours of a ramp for n fixed classes, and for what lies below and above them, if anything does or not.

    The ramp goes on a little beyond its dark end, so that the classes between are as far apart as those of `ramp`.

    Examples
    --------
    >>> colours = held("slate", 4)
    >>> len(colours), colours[0] == RAMPS["slate"][0]
    (6, True)
    """
    anchors = RAMPS.get(name) or DIVERGING[name]
    last, before = to_lab(anchors)[[-1, -2]]
    # No further: names must stay readable on it.
    darker = np.array([[last[0] - 0.6 * (before[0] - last[0]), *last[1:]]])
    return spread((*anchors, *_to_hex(darker)), n + 2)


def two_sided(name: str, falls: int, rises: int) -> tuple[str, ...]:
    """Return colours of a diverging ramp for classes of falls, the one in the middle, and classes of rises.

    The first class from the middle is as strong on both sides, and so is every further one.

    Examples
    --------
    >>> two_sided("change", 2, 2) == DIVERGING["change"]
    True
    >>> two_sided("change", 1, 4)[0] == two_sided("change", 4, 4)[3]
    True
    """
    anchors = DIVERGING[name]
    middle, most = len(anchors) // 2, max(falls, rises)
    low, high = (spread(side, most + 1) for side in (anchors[middle::-1], anchors[middle:]))
    return (*low[falls:0:-1], anchors[middle], *high[1 : rises + 1])


def spread(anchors: Sequence[str], n: int) -> tuple[str, ...]:
    """Return n colours evenly along anchors, interpolated in CIELAB.

    Examples
    --------
    >>> spread(["#000000", "#ffffff"], 3)
    ('#000000', '#777777', '#ffffff')
    """
    if n <= 0:
        return ()
    places = np.linspace(0, 1, n) if n > 1 else np.array([0.5])
    lab = to_lab(anchors)
    known = np.linspace(0, 1, len(anchors))
    mixed = np.stack([np.interp(places, known, lab[:, axis]) for axis in range(3)], axis=1)
    return _to_hex(mixed)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1, relative luminance).

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted(float(light) for light in _linear([one, other]) @ np.array([0.2126, 0.7152, 0.0722]))
    return round((high + 0.05) / (low + 0.05), 6)


def ink_on(ground: str) -> str:
    """Return black-ish or white ink, whichever reads better on a ground.

    Examples
    --------
    >>> ink_on("#e8ecee"), ink_on("#222222")
    ('#1f2a33', '#ffffff')
    """
    return INK if contrast(INK, ground) >= contrast("#ffffff", ground) else "#ffffff"


# sRGB (IEC 61966-2-1) to CIE XYZ, white point D65.
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)
_LINEAR_BELOW, _LAB_BELOW = 0.04045, (6 / 29) ** 3


def _linear(colours: Sequence[str]) -> Numbers:
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours]) / 255
    return np.where(rgb <= _LINEAR_BELOW, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def to_lab(colours: Sequence[str]) -> Numbers:
    """Return colours in CIELAB: lightness 0 to 100, and two axes of hue.

    Examples
    --------
    >>> to_lab(["#ffffff"]).round(1)[0, 0]
    np.float64(100.0)
    """
    xyz = _linear(colours) @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > _LAB_BELOW, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)


def _to_hex(lab: Numbers) -> tuple[str, ...]:
    middle = (lab[:, 0] + 16) / 116
    root = np.stack([middle + lab[:, 1] / 500, middle, middle - lab[:, 2] / 200], axis=1)
    xyz = np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29)) * _WHITE
    linear = np.clip(xyz @ np.linalg.inv(_TO_XYZ).T, 0, 1)
    rgb = np.where(linear <= _LINEAR_BELOW / 12.92, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple("#" + "".join(f"{int(part):02x}" for part in colour) for colour in np.rint(rgb * 255))
