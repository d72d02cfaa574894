"""Findings told slowly: plain dictionaries and loops over days, written from the definitions alone."""

from __future__ import annotations

import datetime as dt

ORDER = ["found", "rectified", "returned", "verified", "closed"]
OFF = {"closed": {"closed"}, "verified": {"verified", "closed"}, "rectified": {"rectified", "verified", "closed"}}
DAY = dt.timedelta(days=1)


def known_rows(rows, known_on):
    """Return the entries known on a day; their dates become known as they come."""
    known = {}
    for row in rows:
        copy = dict(row)
        if known_on is not None and (row.get("recorded_at") or row["found_on"]) > known_on:
            continue
        if known_on is not None:
            for state in ORDER:
                when = copy.get(f"{state}_on")
                copy[f"{state}_on"] = when if when and when <= known_on else None
        known[row["finding"]] = copy
    return known


def standing(rows, known_on):
    """Return what is known of each finding, by the id of its first entry."""
    aims = {row["finding"]: row.get("corrects") for row in rows}
    known = known_rows(rows, known_on)

    def does(name):
        # A void that was replaced replaces; what was taken back does nothing.
        suffered = suffers(name)
        return suffered if suffered == "replaced" else None if suffered else known[name]["kind"]

    def suffers(name):
        done = {does(key) for key, other in known.items() if other.get("corrects") == name}
        return "replaced" if done & {"replaced", "finding"} else "taken back" if "void" in done else None

    def root(name):
        return root(aims[name]) if aims[name] else name

    found = {}
    for name, row in known.items():
        if suffers(name) is None and row.get("kind") != "void":
            # Without a time of its own, an entry is recorded at the end of its day.
            stated = row.get("recorded_at")
            rank = (stated or row["found_on"], not stated, name)
            if root(name) not in found or rank > found[root(name)][0]:
                found[root(name)] = (rank, row)
    return {key: row for key, (_, row) in found.items()}


def status(row, day):
    """Return what a finding is on a day."""
    best = None
    for place, state in enumerate(ORDER):
        when = row.get(f"{state}_on")
        if when and when <= day and (best is None or (when, place) >= best[0]):
            best = ((when, place), state)
    return best[1] if best else None


def flow(rows, first, last, until, known_on=None):
    """Return opening, new, reopened, closed, closing of one period, walking through the events of every finding."""
    counts = dict.fromkeys(["opening", "new", "reopened", "closed", "closing"], 0)
    for row in standing(rows, known_on).values():
        events = sorted(
            (row[f"{state}_on"], place, state) for place, state in enumerate(ORDER) if row.get(f"{state}_on")
        )
        listed = None
        for when, _, state in events:
            if when > last:
                break
            inside = when >= first
            on_list = state not in OFF[until]
            if listed is None and inside:
                counts["new"] += 1
            elif listed is False and on_list and inside:
                counts["reopened"] += 1
            if listed in (None, True) and not on_list and inside:
                counts["closed"] += 1
            listed = on_list
        before = status(row, first - DAY)
        counts["opening"] += before is not None and before not in OFF[until]
        now = status(row, last)
        counts["closing"] += now is not None and now not in OFF[until]
    return counts
