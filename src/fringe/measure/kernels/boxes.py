"""Which boxes overlap: pairs of shapes that may share ground, found by a packed tree.

Shapes are ordered along Hilbert's curve by the middle of their boxes, so that neighbours in the order are neighbours in
the plane. Each `WIDTH` of them make a *node*, whose box is around theirs, and each `WIDTH` nodes another, up to one
(Kamel and Faloutsos, *On Packing R-trees*, 1993). Boxes that have but a border in common do not overlap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fringe.measure.flat import Floats, Ints
from fringe.model.compiled import compiled

WIDTH = 8
# Cells of the curve along each side: 2**16.
_BITS = 16
_DEPTH = 32
Keys = npt.NDArray[np.uint32]


class Tree(NamedTuple):
    """Boxes in a tree.

    Parameters
    ----------
    boxes
        West, south, east, north of each node: first those of the shapes, in order along the curve, then level by level.
    item
        The shape of each of the first.
    starts
        Position of the first node of each level, and the number of nodes.
    """

    boxes: Floats
    item: Ints
    starts: Ints


@compiled
def places_on_curve(boxes: Floats) -> Keys:
    """Return the place of the middle of each box along Hilbert's curve; of shapes without a box the first."""
    west = south = np.inf
    east = north = -np.inf
    for at in range(len(boxes)):
        west, south = min(west, boxes[at, 0]), min(south, boxes[at, 1])
        east, north = max(east, boxes[at, 2]), max(north, boxes[at, 3])
    cells = 2**_BITS - 1
    # One scale for both, so that cells are square.
    wide = max(east - west, north - south)
    scale = cells / wide if wide > 0.0 else 0.0
    keys = np.zeros(len(boxes), np.uint32)
    for at in range(len(boxes)):
        if boxes[at, 0] <= boxes[at, 2]:
            x = min(int(((boxes[at, 0] + boxes[at, 2]) / 2 - west) * scale), cells)
            y = min(int(((boxes[at, 1] + boxes[at, 3]) / 2 - south) * scale), cells)
            keys[at] = _along_curve(x, y)
    return keys


@compiled
def _along_curve(x: int, y: int) -> int:
    """Return how far along Hilbert's curve a cell lies."""
    far = 0
    side = 1 << (_BITS - 1)
    while side:
        right, upper = (x & side) > 0, (y & side) > 0
        far += side * side * ((3 if not upper else 2) if right else (1 if upper else 0))
        x, y = x & (side - 1), y & (side - 1)
        if not upper:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return far


@compiled
def packed(boxes: Floats, item: Ints) -> Tree:
    """Return the tree of the shapes given, which follow each other along the curve and have boxes."""
    starts = np.zeros(_DEPTH, np.int64)
    n, total, levels = len(item), 0, 0
    while True:
        starts[levels] = total
        total += n
        levels += 1
        if n <= 1:
            break
        n = (n + WIDTH - 1) // WIDTH
    starts[levels] = total
    nodes = np.empty((total, 4))
    for at in range(len(item)):
        nodes[at] = boxes[item[at]]
    for level in range(1, levels):
        below, above = starts[level - 1], starts[level]
        for at in range(above, starts[level + 1]):
            first = below + (at - above) * WIDTH
            nodes[at] = nodes[first]
            for child in range(first + 1, min(first + WIDTH, above)):
                for side in range(2):
                    nodes[at, side] = min(nodes[at, side], nodes[child, side])
                    nodes[at, side + 2] = max(nodes[at, side + 2], nodes[child, side + 2])
    return Tree(nodes, item, starts[: levels + 1])


@compiled
def overlapping(tree: Tree, boxes: Floats, start: int, stop: int) -> tuple[Ints, Ints]:
    """Return the pairs of some shapes, by number, with those of the tree whose boxes overlap theirs, in order."""
    first, second, n = _room(4 * (stop - start) + 64), _room(4 * (stop - start) + 64), 0
    stack = np.empty((_DEPTH * WIDTH, 2), np.int64)
    nodes, starts = tree.boxes, tree.starts
    top = len(starts) - 2
    for shape in range(start, stop):
        own, depth = n, 0
        if len(tree.item):
            stack[0, 0], stack[0, 1] = starts[top], top
            depth = 1
        while depth:
            depth -= 1
            node, level = stack[depth, 0], stack[depth, 1]
            if not _overlap(nodes, node, boxes, shape):
                continue
            if level:
                child = starts[level - 1] + (node - starts[level]) * WIDTH
                for at in range(child, min(child + WIDTH, starts[level])):
                    stack[depth, 0], stack[depth, 1] = at, level - 1
                    depth += 1
                continue
            if n == len(first):
                first, second = _longer(first), _longer(second)
            first[n], second[n] = shape, tree.item[node]
            n += 1
        second[own:n].sort()
    return first[:n].copy(), second[:n].copy()


@compiled
def overlapping_among(tree: Tree, start: int, stop: int) -> tuple[Ints, Ints]:
    """Return the pairs of shapes of the tree whose boxes overlap, the lower number first, in no order.

    Of each pair the shape earlier on the curve is in one of the nodes asked for: positions among those above shapes.
    """
    first, second, n = _room(4 * WIDTH * (stop - start)), _room(4 * WIDTH * (stop - start)), 0
    stack = np.empty((_DEPTH * WIDTH, 3), np.int64)
    nodes, starts = tree.boxes, tree.starts
    top = len(starts) - 2
    # How many nodes above shapes the topmost stands for.
    reach = WIDTH ** max(top - 1, 0)
    for at in range(start, stop):
        own = starts[1] + at
        stack[0, 0], stack[0, 1], stack[0, 2] = starts[top], top, reach
        depth = 1
        while depth:
            depth -= 1
            node, level, below = stack[depth, 0], stack[depth, 1], stack[depth, 2]
            if (node - starts[level] + 1) * below <= at or not _overlap(nodes, node, nodes, own):
                continue
            child = starts[level - 1] + (node - starts[level]) * WIDTH
            if level > 1:
                for other in range(child, min(child + WIDTH, starts[level])):
                    stack[depth, 0], stack[depth, 1], stack[depth, 2] = other, level - 1, below // WIDTH
                    depth += 1
                continue
            for one in range(at * WIDTH, min(at * WIDTH + WIDTH, starts[1])):
                if not _overlap(nodes, one, nodes, node):
                    continue
                for two in range(max(child, one + 1), min(child + WIDTH, starts[1])):
                    if _overlap(nodes, one, nodes, two):
                        if n == len(first):
                            first, second = _longer(first), _longer(second)
                        first[n], second[n] = min(tree.item[one], tree.item[two]), max(tree.item[one], tree.item[two])
                        n += 1
    return first[:n].copy(), second[:n].copy()


@compiled
def _overlap(left: Floats, one: int, right: Floats, two: int) -> bool:
    """Return whether two boxes have more than a border in common."""
    return (
        left[one, 0] < right[two, 2]
        and right[two, 0] < left[one, 2]
        and left[one, 1] < right[two, 3]
        and right[two, 1] < left[one, 3]
    )


@compiled
def _room(size: int) -> Ints:
    return np.empty(max(size, 64), np.int64)


@compiled
def _longer(array: Ints) -> Ints:
    """Return an array of twice the length that begins with another."""
    longer = np.empty(2 * len(array), np.int64)
    longer[: len(array)] = array
    return longer
