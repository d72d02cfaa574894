"""Packed bytes: named arrays of whole numbers and texts in one compressed block that a page can hold as plain text.

A *block* is a header and its *sections*, gzipped and written as text: the number of bytes, a space, and two signs for
every 13 bits, from the highest (a tenth less than base64 takes). The 91 signs mean nothing to HTML. Whole numbers are
zigzag coded and stored in *planes*: the lowest byte of all numbers, then the next byte of all, as many as the greatest
needs. Small numbers, such as the steps between the vertices of a plot, so take one byte and what is left of a second,
which compresses to little.
Texts stand one after the other, with their lengths in a section of their own, so that a single one can be read.

The layout: ``uint32`` length of the header, the header (JSON: facts, and for each section its name, count and number of
planes, 0 for raw bytes), then the bytes of the sections in that order.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
MISSING = -(2**31)
"""Stands for a missing number; the least a page's 32-bit numbers can hold."""
LEAST, MOST = MISSING + 1, 2**31 - 1
_PLANES = 4
# Beyond this level gzip takes four times as long for one part in a hundred.
_LEVEL = 6
# Printable ASCII but for what begins markup, a character reference, and the quote of attributes.
SIGNS = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"&<')
_SIGNS = np.frombuffer(SIGNS.encode("ascii"), dtype=np.uint8)
# gzip, and not the bare stream.
_WINDOW = 16 + zlib.MAX_WBITS
# Steps of vertices repeat themselves too seldom for anything but runs to pay; words and buildings repeat themselves.
_STRATEGIES = (zlib.Z_RLE, zlib.Z_FILTERED)


class Block:
    """Sections under way to a page.

    Examples
    --------
    >>> block = Block({"n": 3})
    >>> block.ints("codes", np.array([0, 1, -1]))
    >>> block.texts("words", ["oak", "榆"])
    >>> [section for section in block.sections]
    [('codes', 3, 1), ('words', 6, 0), ('words.lengths', 2, 1)]
    """

    def __init__(self, facts: dict[str, Any] | None = None) -> None:
        self.facts = dict(facts or {})
        self.sections: list[tuple[str, int, int]] = []
        self._parts: list[bytes] = []

    def ints(self, name: str, numbers: npt.NDArray[Any]) -> None:
        """Add whole numbers of up to 32 bits."""
        given = np.ascontiguousarray(numbers, dtype=np.int64).ravel()
        # One byte where all are small, which most sections are.
        coded = ((given << 1) ^ (given >> 63)).astype(np.uint32)
        top = int(coded.max(initial=0))
        planes = next(count for count in range(1, _PLANES + 1) if top < 1 << (8 * count))
        self._parts += [((coded >> (8 * plane)) & 0xFF).astype(np.uint8).tobytes() for plane in range(planes)]
        self.sections.append((name, len(given), planes))

    def texts(self, name: str, texts: Iterable[str]) -> None:
        """Add texts; half characters of torn files become question marks."""
        coded = [text.encode("utf-8", errors="replace") for text in texts]
        whole = b"".join(coded)
        self._parts.append(whole)
        self.sections.append((name, len(whole), 0))
        self.ints(f"{name}.lengths", np.array([len(text) for text in coded], dtype=np.int64))

    def blobs(self, name: str, blobs: Iterable[bytes]) -> None:
        """Add pieces of bytes as they are, such as pictures."""
        pieces = list(blobs)
        self._parts += pieces
        self.sections.append((name, sum(map(len, pieces)), 0))
        self.ints(f"{name}.lengths", np.array([len(piece) for piece in pieces], dtype=np.int64))

    def raw(self) -> bytes:
        """Return the block before compression."""
        header = json.dumps({**self.facts, "sections": self.sections}, ensure_ascii=False, separators=(",", ":"))
        head = header.encode("utf-8", errors="replace")
        return b"".join([len(head).to_bytes(4, "little"), head, *self._parts])

    def text(self) -> str:
        """Return the block as text; equal blocks give equal texts, today and tomorrow."""
        raw = self.raw()
        return to_text(min((_gzip(raw, strategy) for strategy in _STRATEGIES), key=len))


def to_text(data: bytes) -> str:
    """Return bytes as text.

    Examples
    --------
    >>> to_text(bytes([0, 8, 255]))
    '3 !#.6'
    """
    # 13 bytes hold 8 numbers; one more byte so that each may look at three.
    whole = np.zeros((-(-len(data) // 13), 14), dtype=np.uint32)
    padded = np.zeros(len(whole) * 13, dtype=np.uint8)
    padded[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    whole[:, :13] = padded.reshape(-1, 13)
    signs = np.empty((len(whole), 8, 2), dtype=np.uint8)
    for at in range(8):
        byte, bit = divmod(13 * at, 8)
        three = (whole[:, byte] << 16) | (whole[:, byte + 1] << 8) | whole[:, min(byte + 2, 13)]
        number = (three >> (11 - bit)) & 0x1FFF
        signs[:, at, 0], signs[:, at, 1] = _SIGNS[number // 91], _SIGNS[number % 91]
    used = 2 * -(-len(data) * 8 // 13)
    return f"{len(data)} {signs.tobytes()[:used].decode('ascii')}"


def _gzip(raw: bytes, strategy: int) -> bytes:
    """Return bytes as gzip without a time or a name."""
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, zlib.DEF_MEM_LEVEL, strategy)
    return squeeze.compress(raw) + squeeze.flush()
