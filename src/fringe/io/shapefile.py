"""Shapefiles as offices send them: which encoding the table is in, and headings cut at ten bytes.

A shapefile is several files of one name; its *table* is the .dbf. The encoding of the table's texts stands in a .cpg
file, or as the *language byte* at position 29 of the table, or nowhere. Where nothing is said the bytes decide:
UTF-8 if all of them are, else GB18030 if they read as Chinese, else Windows-1252.

GDAL decodes nothing here: it hands the bytes on one to one (as ISO-8859-1), since it fails on a heading whose last
character was torn; they are decoded in this module.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.model.headings import TORN
from fringe.model.problem import Problem

# Language bytes and their code pages (dBase and ArcGIS); the ones left out say nothing.
_LANGUAGE_CODECS = {
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "cp950",
    0x58: "cp1252",
    0x59: "cp1252",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
_LANGUAGE_AT = 29
_FIELD_SIZE = 32
_HEADER_END = 0x0D
_HIGH = 0x80
# GB18030 holds GBK, which holds GB2312: a table said to be in the smaller may hold characters of the larger.
_WIDENED = {"gbk", "gb2312", "cp936", "936", "gb18030", "ms936", "windows-936", "euc-cn", "x-gbk"}
RAW = "ISO-8859-1"


@dataclass(frozen=True)
class Table:
    """What the table of a shapefile says of itself, and the encoding chosen.

    Parameters
    ----------
    encoding
        A Python codec.
    source
        Where it comes from: ``stated``, ``cpg``, ``language_byte``, ``bytes``, or ``ascii`` (nothing to decide).
    headings
        Decoded; a torn last character is U+FFFD.
    """

    encoding: str
    source: str
    headings: tuple[str, ...]


def parts_missing(path: Path) -> list[str]:
    """Return the suffixes of the parts a shapefile cannot do without and lacks."""
    return [suffix for suffix in (".shx", ".dbf") if part(path, suffix) is None]


def part(path: Path, suffix: str) -> Path | None:
    """Return a part of a shapefile by its suffix, in whatever case it is written."""
    return next(
        (
            item
            for item in sorted(path.parent.iterdir())
            if item.stem == path.stem and item.suffix.lower() == suffix and item.is_file()
        ),
        None,
    )


def read_table_facts(path: Path, layer: str, stated: str | None = None) -> tuple[Table, list[Problem]]:
    """Return the encoding and headings of a shapefile's table, and what was chosen and why.

    Parameters
    ----------
    path
        The .shp file, with its .dbf beside it.
    layer
        What problems are said of.
    stated
        The encoding the user states, if any.

    Raises
    ------
    LayerError
        If the stated encoding is unknown, or the table is not one.
    """
    raw = _dbf(path).read_bytes()
    names, texts = _split(raw, path, layer)
    encoding, source = _choose(path, raw, [*names, *texts], stated, layer)
    problems = []
    if source in ("bytes", "language_byte"):
        problems.append(
            Problem("encoding_chosen", layer, severity="note", params={"value": encoding, "source": source})
        )
    wrong = [text for text in texts if not _decodes(text, encoding)]
    if wrong:
        shown = wrong[0].decode(encoding, errors="replace")
        params = {"value": encoding, "count": len(wrong), "shown": shown}
        problems.append(Problem("encoding_wrong", layer, severity="warning", params=params))
    return Table(encoding, source, tuple(_heading(name, encoding) for name in names)), problems


def decoded(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return a frame read byte by byte with its headings and texts decoded.

    Headings that are the same once decoded are told apart by a number, as two columns cannot share one.
    """
    raw = [name for name in frame.columns if name != "geometry"]
    heads = _told_apart([_heading(str(name).encode(RAW, errors="replace"), table.encoding) for name in raw])
    # By place, as a damaged table may repeat a heading.
    rest = iter(heads)
    layer = frame.set_axis([name if name == "geometry" else next(rest) for name in frame.columns], axis=1)
    for head in heads:
        if pd.api.types.is_object_dtype(layer[head]) or pd.api.types.is_string_dtype(layer[head]):
            values = layer[head]
            plain = {item: _text(item, table.encoding) for item in values.dropna().unique()}
            layer[head] = values.map(plain, na_action="ignore").astype(values.dtype)
    return layer


def _text(item: object, encoding: str) -> object:
    return item.encode(RAW).decode(encoding, errors="replace") if isinstance(item, str) else item


def _told_apart(heads: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for head in heads:
        seen[head] = seen.get(head, 0) + 1
        unique.append(head if seen[head] == 1 else f"{head}_{seen[head]}")
    return unique


def _dbf(path: Path) -> Path:
    found = part(path, ".dbf")
    if found is None:
        raise LayerError(Problem("shapefile_part", path.name, params={"path": str(path), "missing": ".dbf"}))
    return found


def _split(raw: bytes, path: Path, layer: str) -> tuple[list[bytes], list[bytes]]:
    """Return the headings, and the distinct texts that hold other than ASCII, of a DBF table."""
    try:
        count, header, width = struct.unpack_from("<IHH", raw, 4)
    except struct.error as error:
        raise LayerError(Problem("file_unreadable", layer, params={"path": str(path), "reason": ".dbf"})) from error
    fields = []
    for at in range(32, header, _FIELD_SIZE):
        if at + _FIELD_SIZE > len(raw) or raw[at] == _HEADER_END:
            break
        fields.append((raw[at : at + 11].split(b"\0")[0], raw[at + 11 : at + 12], raw[at + 16]))
    body = np.frombuffer(raw, np.uint8)[header:]
    # A table that was cut short has fewer rows than it says.
    count = min(count, len(body) // width) if width else 0
    rows: npt.NDArray[np.uint8] = body[: count * width].reshape(count, width or 1)
    texts: set[bytes] = set()
    start = 1  # the first byte of a row says whether it is deleted
    for _, kind, size in fields:
        if kind == b"C":
            cells = np.ascontiguousarray(rows[:, start : start + size])
            high = cells[(cells >= _HIGH).any(axis=1)]
            texts.update(bytes(cell).rstrip(b" \0") for cell in np.unique(high, axis=0))
        start += size
    return [name for name, _, _ in fields], sorted(texts)


def _choose(path: Path, raw: bytes, texts: list[bytes], stated: str | None, layer: str) -> tuple[str, str]:
    if stated is not None:
        return codec(stated, layer), "stated"
    note = part(path, ".cpg")
    said = note.read_text(encoding="ascii", errors="replace").strip() if note else ""
    if said and (known := _known(said)):
        return known, "cpg"
    high = [text for text in texts if any(byte >= _HIGH for byte in text)]
    if not high:
        return "utf-8", "ascii"
    if all(_decodes(text, "utf-8") for text in high):
        return "utf-8", "bytes"
    by_byte = _LANGUAGE_CODECS.get(raw[_LANGUAGE_AT])
    if by_byte and all(_decodes(text, by_byte) for text in high):
        return by_byte, "language_byte"
    return ("gb18030" if _reads_as_chinese(high) else "cp1252"), "bytes"


def codec(name: str, layer: str) -> str:
    """Return the Python codec of an encoding's name, or raise a `LayerError`.

    Examples
    --------
    >>> codec("GBK", "plots"), codec("UTF-8", "plots")
    ('gb18030', 'utf-8')
    """
    found = _known(name)
    if found is None:
        raise LayerError(Problem("encoding_unknown", layer, params={"value": name}))
    return found


def _known(name: str) -> str | None:
    plain = name.strip().lower()
    if plain in _WIDENED:
        return "gb18030"
    # A .cpg of ArcGIS may hold the bare number of a code page: 65001, 1252, 88591.
    numbers = {"65001": "utf-8", "88591": "iso-8859-1", "8859_1": "iso-8859-1", "ansi 936": "gb18030"}
    for wish in (numbers.get(plain, plain), f"cp{plain}", plain.replace("ansi ", "cp")):
        try:
            "a".encode(wish)  # refuses Python's codecs of other things than texts
            return codecs.lookup(wish).name
        except (LookupError, ValueError):
            continue
    return None


def _reads_as_chinese(texts: list[bytes]) -> bool:
    """Return whether bytes read as Chinese rather than as Western letters with accents.

    Both may decode as GB18030, but an accented letter then takes an ordinary letter with it and makes a rare character
    that GB2312, the everyday set, does not hold.
    """
    if not all(_decodes(text, "gb18030") for text in texts):
        return False
    high = [sign for text in texts for sign in text.decode("gb18030", errors="ignore") if ord(sign) >= _HIGH]
    everyday = sum(_encodes(sign, "gb2312") for sign in high)
    return 2 * everyday >= len(high)


def _encodes(sign: str, encoding: str) -> bool:
    return _passes(lambda: sign.encode(encoding))


def _decodes(text: bytes, encoding: str) -> bool:
    """Return whether bytes decode; an unfinished last character, cut by the field's width, does not count."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    return _passes(lambda: decoder.decode(text, final=False))


def _passes(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except UnicodeError:
        return False
    return True


def _heading(name: bytes, encoding: str) -> str:
    """Return a heading; bytes that make no whole character are one U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    head = decoder.decode(name, final=False)
    return head if decoder.getstate()[0] == b"" else head + TORN
