"""The data of a saved page, read back without the page's scripts, from the layout `fringe.maps.pack` describes."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field

import numpy as np

# By the rule: printable ASCII but for what begins markup, a reference, and the quote of attributes.
_PLACES = {sign: place for place, sign in enumerate(chr(code) for code in range(33, 127) if chr(code) not in '"&<')}
_BLOCK = re.compile(r'<script type="text/plain" id="fringe-([\w-]+)">(\d+) ([^<]*)</script>')
_JSON = re.compile(r'<script type="application/json" id="fringe-data">(.*?)</script>', re.DOTALL)


@dataclass
class Block:
    """A block: its facts, and its sections as whole numbers or as bytes."""

    facts: dict
    ints: dict[str, np.ndarray] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)

    def texts(self, name):
        ends = np.cumsum(self.ints[f"{name}.lengths"]).tolist()
        return [self.raw[name][start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]


def _unpacked(size, signs):
    bits = "".join(
        f"{_PLACES[signs[at]] * 91 + _PLACES[signs[at + 1]]:013b}" for at in range(0, len(signs) - len(signs) % 2, 2)
    )
    return zlib.decompress(bytes(int(bits[at : at + 8], 2) for at in range(0, 8 * size, 8)), 31)


def _block(data):
    head = int.from_bytes(data[:4], "little")
    found, at = Block(json.loads(data[4 : 4 + head])), 4 + head
    for name, count, planes in found.facts["sections"]:
        part = data[at : at + count * (planes or 1)]
        at += len(part)
        if not planes:
            found.raw[name] = part
            continue
        coded = sum(
            np.frombuffer(part, np.uint8).reshape(planes, count).astype(np.int64)[n] << 8 * n for n in range(planes)
        )
        found.ints[name] = (coded >> 1) ^ -(coded & 1)
    assert at == len(data)
    return found


def data_of(page):
    """Return the document of a page, and its blocks by name."""
    document = json.loads(_JSON.search(page)[1])
    return document, {name: _block(_unpacked(int(size), signs)) for name, size, signs in _BLOCK.findall(page)}
