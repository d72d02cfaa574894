"""The fallback for gzip against Python's zlib: what is whole comes back, what is not is refused, nothing hangs."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

UNPACK = Path(__file__).parents[1] / "js" / "unpack.mjs"
STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)
GZIP = 16 + zlib.MAX_WBITS
# A page waits no longer for a file of any kind.
PATIENCE_S = 60.0


def packed(data, level, strategy, memory):
    squeeze = zlib.compressobj(level, zlib.DEFLATED, GZIP, memory, strategy)
    return squeeze.compress(data) + squeeze.flush()


def some_data(rng):
    size = int(rng.integers(0, 6000))
    kind = rng.integers(0, 4)
    if kind == 0:
        return rng.integers(0, 256, size, dtype=np.uint8).tobytes()
    if kind == 1:
        return rng.integers(0, 1 + rng.integers(1, 6), size, dtype=np.uint8).tobytes()
    if kind == 2:
        return bytes(rng.integers(0, 256, 1 + size // 50, dtype=np.uint8)) * 50
    return np.cumsum(rng.integers(-3, 4, size)).astype(np.int16).tobytes()


def ask(tmp_path, files):
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        pytest.skip("no node found: apt-get install nodejs")
    path = tmp_path / "files.txt"
    path.write_text("\n".join(base64.b64encode(file).decode("ascii") for file in files), encoding="ascii")
    done = subprocess.run([node, UNPACK, path], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return done.stdout.split("\n")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def test_every_level_and_strategy_comes_back(tmp_path):
    rng, files, wanted = np.random.default_rng(1), [], []
    for level in range(10):
        for strategy in STRATEGIES:
            for memory in (1, 8, 9):
                data = some_data(rng)
                files.append(packed(data, level, strategy, memory))
                wanted.append(digest(data))
    # Several blocks, and what is farther back than the window.
    for data in (bytes(1_000_000), rng.integers(0, 256, 200_000, dtype=np.uint8).tobytes() * 2):
        files.append(packed(data, 6, zlib.Z_DEFAULT_STRATEGY, 8))
        wanted.append(digest(data))
    assert ask(tmp_path, files) == wanted


def harmed(rng, file):
    kind, at = rng.integers(0, 4), int(rng.integers(0, len(file)))
    if kind == 0:
        return file[:at]
    changed = bytearray(file)
    if kind == 1:
        changed[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 2:
        run = rng.integers(0, 256, int(rng.integers(1, 30)), dtype=np.uint8).tobytes()
        changed[at : at + len(run)] = run
    else:
        to = int(rng.integers(0, len(file)))
        changed[at : at + 9], changed[to : to + 9] = changed[to : to + 9], changed[at : at + 9]
    return bytes(changed)


def refuses(file):
    """Whether zlib does."""
    reader = zlib.decompressobj(GZIP)
    try:
        reader.decompress(file)
    except zlib.error:
        return True
    return not reader.eof or bool(reader.unused_data)


def test_what_is_cut_or_changed_is_refused_and_nothing_hangs(tmp_path):
    """Nothing but the true bytes ever comes out: a changed date in the head, or a code none of them uses, passes."""
    rng, files, true = np.random.default_rng(2), [], []
    while len(files) < 6000:
        data = some_data(rng)
        files.append(harmed(rng, packed(data, int(rng.integers(0, 10)), STRATEGIES[rng.integers(0, 5)], 8)))
        true.append(digest(data))
    said = ask(tmp_path, files)
    assert [at for at, (one, data) in enumerate(zip(said, true, strict=True)) if one not in {"refused", data}] == []
    # It is hardly laxer than zlib.
    passed = [file for file, one in zip(files, said, strict=True) if one != "refused"]
    assert sum(map(refuses, passed)) < 20
    assert sum(map(refuses, files)) > 5000


def test_noise_is_refused(tmp_path):
    rng = np.random.default_rng(3)
    head = bytes([31, 139, 8, 0, 0, 0, 0, 0, 0, 3])
    files = [head + rng.integers(0, 256, int(rng.integers(0, 400)), dtype=np.uint8).tobytes() for _ in range(2000)]
    assert set(ask(tmp_path, files)) == {"refused"}
