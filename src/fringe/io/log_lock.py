"""One writer at a time on a GeoPackage that several programs append to.

A *writer* holds SQLite's write lock from before it looks until after it has written; readers read on. SQLite keeps a
rollback journal beside the file until the writer's changes are on the disk, so that a crash at any moment leaves the
file as it was before or after, never between. Write-ahead logs are not used: they do not work on network shares, and
a file copied without its log would lack its last reports.

A file may be *replaced* by a newer one while a writer waits for its lock; what is written to the old one then would be
lost, so a writer looks again once it has the lock.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from fringe.errors import StudyError
from fringe.io.files import missing_file
from fringe.model.problem import Problem

# How long to wait for other programs before giving up.
PATIENCE_S = 60.0
# POSIX frees all locks that a process has on a file as soon as it closes the file anywhere, and GDAL has an SQLite of
# its own that knows nothing of this one: within a process, one of them at a time.
ALONE = threading.RLock()
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_REFUSED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Pauses between two attempts: random, so that many writers do not keep in step.
_PAUSE_S = (0.001, 0.02)
T = TypeVar("T")


@contextmanager
def writing(path: Path, *, create: bool = False, patience_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection]:
    """Give a connection that holds the write lock; what was written is on the disk when the block ends.

    Parameters
    ----------
    path
        A GeoPackage.
    create
        Whether an empty file is made where there is none.
    patience_s
        How long to wait for other writers.

    Raises
    ------
    StudyError
        If there is no file, it cannot be written to, the disk is full, or others held it for too long. The file is
        then as it was before.
    """
    until = time.monotonic() + patience_s
    with ALONE, _said(path):
        connection = _locked(path, until, create=create)
        try:
            yield connection
            _patiently(lambda: connection.execute("COMMIT"), until)
        finally:
            _let_go(connection)


@contextmanager
def locked(path: Path, *, patience_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection | None]:
    """Keep other writers from a file while it is looked at and replaced; `None` where there is no file."""
    if not path.exists():
        yield None
        return
    with ALONE, _said(path):
        connection = _locked(path, time.monotonic() + patience_s, create=False)
        try:
            yield connection
        finally:
            _let_go(connection)


@contextmanager
def reading(path: Path, *, patience_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection]:
    """Give a connection that sees a file as it is at one moment."""
    if (missing := missing_file(path, path.name)) is not None:
        raise StudyError(missing)
    until = time.monotonic() + patience_s
    with ALONE, _said(path):
        connection = _connected(path)
        try:
            connection.execute("BEGIN")
            _patiently(lambda: connection.execute("SELECT count(*) FROM sqlite_master").fetchone(), until)
            yield connection
        finally:
            _let_go(connection)


def settle(path: Path) -> None:
    """Undo what a program that ended while writing left half done, for GDAL, which reads without writing, cannot."""
    if Path(f"{path}-journal").exists():
        with reading(path):
            pass


def _locked(path: Path, until: float, *, create: bool) -> sqlite3.Connection:
    """Return a connection that holds the write lock of the file that is at a path now."""
    while True:
        if create and not path.exists():
            _make_empty(path)
        if (missing := missing_file(path, path.name)) is not None:
            raise StudyError(missing)
        seen = _identity(path)
        connection = _connected(path)
        try:
            _patiently(lambda: _begin(connection), until)  # noqa: B023 - called at once
        except BaseException:
            _let_go(connection)
            raise
        if seen is not None and _identity(path) == seen:
            return connection
        _let_go(connection)


def _begin(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
        # Another program, such as QGIS while it edits, works with a write-ahead log.
        raise sqlite3.OperationalError(_IN_USE)
    # FULL waits for the disk; EXTRA also for the end of the journal, which would take the last report back.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("BEGIN IMMEDIATE")


_IN_USE = "write-ahead log in use"


def _connected(path: Path) -> sqlite3.Connection:
    # A short wait inside SQLite, the long one outside: its own grows to steps of 100 ms, which starves some.
    return sqlite3.connect(path, timeout=0.05, isolation_level=None, check_same_thread=False)


def _let_go(connection: sqlite3.Connection) -> None:
    # What SQLite has undone already, as after a full disk, needs no undoing.
    with contextlib.suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    connection.close()


def _patiently(attempt: Callable[[], T], until: float) -> T:
    """Return what an attempt returns, repeating it while others are busy with the file."""
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > until:
                raise
        time.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - no secret


def _is_busy(error: sqlite3.Error) -> bool:
    return _code(error) in _BUSY or str(error) == _IN_USE


def _code(error: sqlite3.Error) -> int:
    """Return the primary code: the lowest byte of what SQLite gives."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Say in words what SQLite says in codes."""
    try:
        yield
    except sqlite3.Error as error:
        raise StudyError(_problem(path, error)) from error


def _problem(path: Path, error: sqlite3.Error) -> Problem:
    code = _code(error)
    params = {"path": str(path), "reason": str(error)}
    if _is_busy(error):
        return Problem("log_busy", path.name, params=params)
    if code in _REFUSED:
        return Problem("log_read_only", path.name, params=params)
    if code in _DISK:
        return Problem("log_disk", path.name, params=params)
    if code in _BROKEN:
        return Problem("file_unreadable", path.name, params=params)
    return Problem("log_failed", path.name, params=params)


def _make_empty(path: Path) -> None:
    """Make an empty file; SQLite takes it for a database without tables."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o666))
    except FileNotFoundError:
        folder = path.parent
        params = {"path": str(path), "folder": str(folder)}
        raise StudyError(Problem("file_missing_folder", path.name, params=params)) from None
    except OSError as error:
        params = {"path": str(path), "reason": str(error.strerror)}
        raise StudyError(Problem("log_read_only", path.name, params=params)) from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
