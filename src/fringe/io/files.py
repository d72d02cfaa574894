"""Files that are there, files that are not, and files put in place whole.

A *near* name is one a missing file may have been meant by: a file of the same folder with a similar name. A file is
put in place *whole*: written beside its place under another name, flushed to the disk, and moved over, so that a crash
leaves either the old file or the new one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from fringe.errors import LayerError, StudyError
from fringe.model.problem import Problem

# How alike a file name must be to be suggested.
_ALIKE = 0.6


def missing_file(path: Path, layer: str) -> Problem | None:
    """Return the problem of a file that is not there or cannot be read, or `None`.

    Parameters
    ----------
    path
        The file.
    layer
        The layer kind, or the file's name, that the problem is said of.

    Examples
    --------
    >>> print(missing_file(Path("no/such/zones.gpkg"), "zones").render("en"))
    improvement zones: there is no file no/such/zones.gpkg. The folder does not exist either. ...
    """
    if path.is_file():
        if os.access(path, os.R_OK):
            return None
        return Problem("file_no_access", layer, params={"path": str(path)})
    if path.is_dir():
        return Problem("file_is_folder", layer, params={"path": str(path)})
    if not path.parent.is_dir():
        return Problem("file_missing_folder", layer, params={"path": str(path), "folder": str(path.parent)})
    near = near_name(path)
    return Problem("file_missing", layer, params={"path": str(path), "hint": near})


def near_name(path: Path) -> str:
    """Return the most similar file name of the folder, or an empty text."""
    names = sorted(item.name for item in path.parent.iterdir() if item.is_file())
    same_stem = [name for name in names if Path(name).stem.lower() == path.stem.lower()]
    near = get_close_matches(path.name, same_stem, n=1, cutoff=0) or get_close_matches(
        path.name, names, n=1, cutoff=_ALIKE
    )
    return near[0] if near else ""


def demand_file(path: Path, layer: str) -> None:
    """Raise a `LayerError` if a file is not there."""
    if (found := missing_file(path, layer)) is not None:
        raise LayerError(found)


@contextmanager
def put_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path of the same suffix to write to, and move it to its place at the end.

    Parameters
    ----------
    path
        Where the file shall be. Its folder must exist.

    Raises
    ------
    StudyError
        If the folder does not exist or the file cannot be put there, as when another program holds it open.
    """
    if not path.parent.is_dir():
        raise StudyError(
            Problem("file_missing_folder", path.name, params={"path": str(path), "folder": str(path.parent)})
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".fringe-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            yield made
            flush(made)
            made.replace(path)
            _flush_folder(path.parent)
    except PermissionError as error:
        raise StudyError(Problem("file_not_written", path.name, params={"path": str(path)})) from error


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file, which need not be there yet.

    Examples
    --------
    >>> same_file(Path("a/../ledger.gpkg"), Path("ledger.gpkg")), same_file(Path("a.gpkg"), Path("b.gpkg"))
    (True, False)
    """
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.normcase(one.resolve()) == os.path.normcase(other.resolve())


def flush(path: Path) -> None:
    """Wait until a file is on the disk."""
    # Windows flushes only what is open for writing.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a move last; Windows has no handle for folders and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
