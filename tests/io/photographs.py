"""Photos with EXIF, written byte by byte from the standard (CIPA DC-008), apart from any library that reads it."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import rasterio


def take(path, *, lat=None, lon=None, taken=None):
    """Write a small JPEG that says where and when it was taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", driver="JPEG", width=8, height=8, count=3, dtype="uint8") as picture:
            picture.write(np.zeros((3, 8, 8), "uint8"))
    raw = path.read_bytes()
    body = b"Exif\0\0" + _tiff(lat, lon, taken)
    path.write_bytes(raw[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + raw[2:])
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)
    return path


def _entry(tag, kind, count, value):
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")


def _directory(entries):
    return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", 0)


def _angle(degrees):
    size = abs(degrees)
    minutes = (size - int(size)) * 60
    seconds = (minutes - int(minutes)) * 60
    return struct.pack("<6I", int(size), 1, int(minutes), 1, round(seconds * 10_000), 10_000)


def _tiff(lat, lon, taken):
    gps_at = 8 + 2 + 12 * 2 + 4
    n_gps = 4 if lat is not None else 0
    exif_at = gps_at + 2 + 12 * n_gps + 4
    data_at = exif_at + 2 + 12 * (taken is not None) + 4
    gps, data = [], b""
    if lat is not None:
        gps = [
            _entry(1, 2, 2, b"N" if lat >= 0 else b"S"),
            _entry(2, 5, 3, struct.pack("<I", data_at)),
            _entry(3, 2, 2, b"E" if lon >= 0 else b"W"),
            _entry(4, 5, 3, struct.pack("<I", data_at + 24)),
        ]
        data = _angle(lat) + _angle(lon)
    exif = []
    if taken is not None:
        exif = [_entry(0x9003, 2, 20, struct.pack("<I", data_at + len(data)))]
        data += taken.encode() + b"\0"
    first = [_entry(0x8769, 4, 1, struct.pack("<I", exif_at)), _entry(0x8825, 4, 1, struct.pack("<I", gps_at))]
    return struct.pack("<2sHI", b"II", 42, 8) + _directory(first) + _directory(gps) + _directory(exif) + data
