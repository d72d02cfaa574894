"""Nothing acknowledged is lost: many writers at once, killed writers, full disks, files that may not be written."""

from __future__ import annotations

import collections
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from fringe.errors import StudyError
from fringe.io.log import append, read_log
from fringe.io.store import load_study, save_study

NOON = pd.Timestamp("2020-01-31 12:00")
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs fork, limits and user ids of POSIX")

START = """
import os, pathlib, random, signal, sys, time
import pandas as pd
from fringe.errors import FringeError
from fringe.io.log import append, read_log
from fringe.io.store import load_study, save_study
path = pathlib.Path(sys.argv[1])
def entry(note, done=1.0):
    return {"task": "T1", "date": pd.Timestamp("2020-01-01"), "done": done, "note": note}
def said(error):
    print("refused", *(found.code for found in error.problems))
    for lang in ("zh", "en"):
        sys.stdout.buffer.write((error.render(lang) + "\\n").encode())
"""


@pytest.fixture
def quick_folder(tmp_path):
    """A folder in memory where there is one: locks and kills are the same there, and a busy disk is not waited for."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def entry(note="a"):
    return {"task": "T1", "date": pd.Timestamp("2020-01-01"), "done": 1.0, "note": note}


def child(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", START + script, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(process):
    """Return what a child said; its own faults fail the test."""
    try:
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == 0, err.decode()
    return out.decode()


def is_whole(path):
    with sqlite3.connect(path) as connection:
        answer = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return answer == [("ok",)]


def notes(path):
    return read_log(path)["reports"]["note"].tolist()


def test_eight_writers_at_once_lose_nothing_and_repeat_nothing(quick_folder):
    path = quick_folder / "ledger.gpkg"
    script = """
for at in range(int(sys.argv[3])):
    append(path, "reports", [entry(f"{sys.argv[2]}-{at}")], create=True)
"""
    writers, each = 8, 500
    with ExitStack() as stack:
        processes = [stack.enter_context(child(script, path, who, each)) for who in range(writers)]
        for process in processes:
            finished(process)
    reports = read_log(path)["reports"]
    wanted = {f"{who}-{at}" for who in range(writers) for at in range(each)}
    assert len(reports) == writers * each
    assert set(reports["note"]) == wanted
    assert set(reports.index) == {f"rep-{number}" for number in range(1, writers * each + 1)}
    assert reports["recorded_at"].is_monotonic_increasing
    for who in range(writers):  # what one writer said first stands first
        own = [note for note in reports["note"] if note.startswith(f"{who}-")]
        assert own == [f"{who}-{at}" for at in range(each)]
    assert is_whole(path)
    assert len(pyogrio.read_dataframe(path, layer="reports")) == writers * each


@POSIX
def test_fifty_kills_lose_nothing_acknowledged(quick_folder):
    path, acknowledged = quick_folder / "ledger.gpkg", quick_folder / "acknowledged"
    script = """
acks = os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
chance = random.Random(7)
journals = 0
for turn in range(int(sys.argv[3])):
    writer = os.fork()
    if writer == 0:
        for at in range(100000):
            note = f"{turn}-{at}"
            append(path, "reports", [entry(note), entry(note + "b")], create=True)
            os.write(acks, f"{note}\\n".encode())
    time.sleep(chance.uniform(0.0, 0.25))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    journals += pathlib.Path(f"{path}-journal").exists()
print(journals)
"""
    finished(child(script, path, acknowledged, 50))
    said = acknowledged.read_text().split()
    found = collections.Counter(notes(path))
    assert said
    assert [note for note in said if (found[note], found[note + "b"]) != (1, 1)] == []
    # A batch is there as a whole or not at all, acknowledged or killed just before.
    assert {note for note in found if not note.endswith("b")} == {note[:-1] for note in found if note.endswith("b")}
    assert max(found.values()) == 1
    assert len(found) <= 2 * (len(said) + 50)
    assert is_whole(path)
    append(path, "reports", [entry("after")])
    assert "after" in notes(path)


def test_a_study_opens_after_a_writer_ended_half_way(tmp_path):
    """A file copied with the journal of a transaction that reached the disk in part is what such a writer leaves."""
    path, left = tmp_path / "study.gpkg", tmp_path / "left.gpkg"
    ids = pd.Index([f"R{at}" for at in range(500)], name="report", dtype=object)
    save_study(path, {"reports": pd.DataFrame({"task": "T1", "done": 1.0}, index=ids)}, {"title": "old"})
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_size = 2")  # so small that changes go to the file before they are committed
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE fringe_meta SET value = 'new'")
    writer.execute("CREATE TABLE more AS SELECT a.report FROM reports a, reports b LIMIT 60000")
    shutil.copy(f"{path}-journal", f"{left}-journal")
    shutil.copy(path, left)
    writer.execute("ROLLBACK")
    writer.close()
    assert left.stat().st_size > path.stat().st_size
    layers, meta = load_study(left)
    assert (meta, len(layers["reports"])) == ({"title": "old"}, 500)
    assert is_whole(left)
    assert not Path(f"{left}-journal").exists()


@POSIX
@pytest.mark.parametrize(("room", "note"), [(3 * 4096, 500), (0, 40_000), (-1, 500)])
def test_a_full_disk_is_said_and_the_old_state_is_intact(tmp_path, room, note):
    path = tmp_path / "ledger.gpkg"
    append(path, "reports", [entry(str(at)) for at in range(20)], create=True, now=NOON)
    script = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = int(sys.argv[2])
limit = path.stat().st_size + room if room >= 0 else 100
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
count = 0
try:
    while count < 1000:
        append(path, "reports", [entry("x" * int(sys.argv[3]))])
        count += 1
except FringeError as error:
    said(error)
    print(count)
"""
    said = finished(child(script, path, room, note)).split("\n")
    assert said[0] == "refused log_disk"
    assert "磁盘" in said[1]
    assert "disk is full" in said[2]
    count = int(said[3])
    assert (count > 0) == (room > 0)
    assert notes(path) == [*map(str, range(20)), *["x" * note] * count]
    assert is_whole(path)
    append(path, "reports", [entry("after")])
    assert notes(path)[-1] == "after"


@POSIX
def test_a_full_disk_while_saving_leaves_the_old_study(tmp_path):
    path = tmp_path / "study.gpkg"
    reports = pd.DataFrame({"task": ["T1"], "done": [1.0]}, index=pd.Index(["R1"], name="report", dtype=object))
    save_study(path, {"reports": reports}, {"title": "old"})
    before = path.read_bytes()
    script = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
layers, meta = load_study(path)
limit = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
layers["villages"] = pd.DataFrame({"name": ["x" * 1000] * 500})
try:
    save_study(path, layers, meta, overwrite=True)
except FringeError as error:
    said(error)
"""
    assert finished(child(script, path)).startswith("refused")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["study.gpkg"]


@POSIX
@pytest.mark.parametrize("kept", ["file", "folder"])
def test_what_may_not_be_written_is_said(kept):
    # Rights mean nothing to root: the child gives its own up, and needs a folder that others can enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "ledger.gpkg"
        append(path, "reports", [entry()], create=True, now=NOON)
        folder.chmod(0o555 if kept == "folder" else 0o777)
        path.chmod(0o444 if kept == "file" else 0o666)
        script = """
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    append(path, "reports", [entry("b")])
except FringeError as error:
    said(error)
print(read_log(path)["reports"]["note"].tolist())
"""
        said = finished(child(script, path)).split("\n")
        folder.chmod(0o755)
        assert said[0] == "refused log_read_only"
        assert "权限" in said[1]
        assert "permissions" in said[2]
        assert said[3] == "['a']"
        assert is_whole(path)


def test_a_store_that_cannot_be_made_is_said(tmp_path):
    with pytest.raises(StudyError) as caught:
        append(tmp_path / "no" / "ledger.gpkg", "reports", [entry()], create=True)
    assert [found.code for found in caught.value.problems] == ["file_missing_folder"]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_that_others_hold_is_waited_for_and_then_said(tmp_path, mode):
    path = tmp_path / "ledger.gpkg"
    append(path, "reports", [entry()], create=True, now=NOON)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(f"PRAGMA journal_mode = {mode}")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StudyError) as caught:
        append(path, "reports", [entry("b")], patience_s=0.2)
    assert [found.code for found in caught.value.problems] == ["log_busy"]
    assert "{" not in caught.value.render("zh") + caught.value.render("en")
    other.execute("ROLLBACK")
    other.close()
    append(path, "reports", [entry("b")], patience_s=5)
    assert notes(path) == ["a", "b"]
    with sqlite3.connect(path) as again:
        assert again.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    again.close()


def test_no_report_is_lost_to_a_file_being_replaced(quick_folder):
    """One program reports while another opens the study and saves it over itself, again and again."""
    path = quick_folder / "study.gpkg"
    reports = pd.DataFrame(
        {"task": ["T1"], "date": [pd.Timestamp("2020-01-01")], "done": [1.0], "note": ["first"]},
        index=pd.Index(["R1"], name="report", dtype=object),
    )
    save_study(path, {"reports": reports}, {})
    writer = """
for at in range(150):
    append(path, "reports", [entry(f"{sys.argv[2]}-{at}")])
"""
    processes = [child(writer, path, who) for who in range(2)]
    saved, refusals = 0, set()
    while any(process.poll() is None for process in processes):
        layers, meta = load_study(path)
        try:
            save_study(path, layers, meta, overwrite=True)
            saved += 1
        except StudyError as error:
            refusals |= {found.code for found in error.problems}
    for process in processes:
        finished(process)
    layers, meta = load_study(path)
    save_study(path, layers, meta, overwrite=True)
    assert sorted(notes(path)) == sorted(["first", *(f"{who}-{at}" for who in range(2) for at in range(150))])
    assert saved > 0
    assert refusals <= {"study_over_reports"}
    assert is_whole(path)
