"""Colours stay apart: on a grey printer, and for readers who do not see red, green or blue."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from fringe.maps import palette
from fringe.maps.kinds import MOST_KINDS, look_of
from fringe.maps.symbols import STATUS_SYMBOLS, any_symbol

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}

BT601 = [0.299, 0.587, 0.114]


def seen_by(colour: str, kind: str) -> str:
    linear = np.clip(np.array(BLIND[kind]) @ palette._linear([colour])[0], 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in rgb)


@pytest.mark.parametrize("name", palette.RAMPS)
@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_ramps_darken_evenly(name, n):
    light = palette.to_lab(palette.ramp(name, n))[:, 0]
    steps = -np.diff(light)
    assert (steps > 30 / n).all()
    assert steps.max() < 2 * steps.min()


@pytest.mark.parametrize("name", palette.RAMPS)
@pytest.mark.parametrize("kind", BLIND)
def test_neighbouring_classes_differ_for_colour_blind_readers(name, kind):
    lab = palette.to_lab([seen_by(colour, kind) for colour in palette.ramp(name, 5)])
    assert all(np.linalg.norm(a - b) > 7 for a, b in pairwise(lab))


@pytest.mark.parametrize("kind", BLIND)
def test_loss_and_gain_differ_for_colour_blind_readers(kind):
    low, _, high = palette.to_lab([seen_by(colour, kind) for colour in palette.ramp("change", 3)])
    assert np.linalg.norm(low - high) > 20


@pytest.mark.parametrize("name", palette.RAMPS)
@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_fixed_classes_darken_evenly_and_leave_both_ends_free(name, n):
    colours = palette.held(name, n)
    steps = -np.diff(palette.to_lab(colours)[:, 0])
    assert len(colours) == n + 2
    assert (steps > 30 / (n + 2)).all()


def test_falls_and_rises_of_one_size_are_equally_strong():
    five = palette.two_sided("change", 2, 3)
    assert palette.two_sided("change", 0, 3) == five[2:]
    assert palette.two_sided("change", 3, 1) == palette.two_sided("change", 3, 3)[:5]
    light = palette.to_lab(palette.two_sided("change", 3, 3))[:, 0]
    assert np.abs(light - light[::-1]).max() < 6


def test_kinds_differ_in_grey_by_lightness_or_by_pattern():
    looks = [look_of(number) for number in range(MOST_KINDS)]
    for one, other in combinations(looks, 2):
        if (one.pattern and one.pattern.kind) == (other.pattern and other.pattern.kind):
            a, b = palette.to_lab([one.fill, other.fill])[:, 0]
            assert abs(a - b) > 4.5
            # Printers and screens also turn grey by the weights of ITU-R BT.601.
            grey = [np.dot([int(look.fill[at : at + 2], 16) for at in (1, 3, 5)], BT601) for look in (one, other)]
            assert abs(grey[0] - grey[1]) > 10
        for look in (one, other):
            assert look.pattern is None or palette.contrast(look.fill, look.pattern.ink) > 2
    # The first few are far apart.
    assert min(abs(a - b) for a, b in combinations(palette.to_lab([look.fill for look in looks[:4]])[:, 0], 2)) > 10


@pytest.mark.parametrize("kind", BLIND)
def test_kinds_and_unknown_layers_differ_for_colour_blind_readers(kind):
    rows = [
        palette.QUALITATIVE,
        *zip(*[(any_symbol(2, n).fill, any_symbol(2, n).stroke) for n in range(6)], strict=True),
    ]
    for colours in rows:
        lab = palette.to_lab([seen_by(colour, kind) for colour in colours])
        assert min(float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)) > 10


def test_statuses_differ_in_grey_by_lightness_or_by_pattern():
    def look(symbol):
        return symbol.pattern.kind if symbol.pattern else "dashed" if symbol.dash else "solid"

    for one, other in combinations(STATUS_SYMBOLS.values(), 2):
        if look(one) == look(other):
            a, b = palette.to_lab([one.fill, other.fill])[:, 0]
            assert abs(a - b) > 25


def test_hexadecimal_colours_survive_the_way_through_lab():
    colours = [f"#{r:02x}{g:02x}{b:02x}" for r in (0, 77, 255) for g in (0, 130, 255) for b in (0, 200, 255)]
    assert list(palette._to_hex(palette.to_lab(colours))) == colours
