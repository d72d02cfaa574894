"""Ledgers for the tests: small ones written by hand, and a season of 200 tasks with everything that happens to them."""

import datetime as dt
import random

import pandas as pd

N_TASKS, N_WEEKS, SEED = 200, 20, 20191123
FIRST = dt.date(2019, 11, 1)
DAY = dt.timedelta(days=1)


def tasks_of(*rows, **columns):
    """Return tasks from (id, target) pairs, all alike but for what `columns` says."""
    ids, targets = zip(*rows, strict=True)
    frame = {
        "title": [f"task {name}" for name in ids],
        "zone": "east",
        "category": "greening",
        "unit": "m2",
        "target": [float(target) for target in targets],
        "start": pd.Timestamp("2020-01-01"),
        "due": pd.Timestamp("2020-01-10"),
    }
    return pd.DataFrame({**frame, **columns}, index=pd.Index(ids, name="task"))


def reports_of(*rows):
    """Return reports from (id, task, date, done, recorded_at) and perhaps kind and corrects."""
    names = ["report", "task", "date", "done", "recorded_at", "kind", "corrects"]
    filled = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    return pd.DataFrame(filled, columns=names).set_index("report")


def season():
    """Return tasks and reports as lists of dicts: ties, late entries, voids, corrections, over-delivery, silence."""
    draw = random.Random(SEED)  # noqa: S311 - test data
    tasks = []
    for number in range(N_TASKS):
        start = FIRST + draw.randrange(40) * DAY
        tasks.append({
            "task": f"T{number:03}",
            "title": f"task {number}",
            "zone": f"Z{number % 12:02}",
            "category": draw.choice(["greening", "roads", "waste"]),
            "unit": "m2",
            "target": float(draw.choice([1, 8, 100, 2500])),
            "start": start,
            "due": start + draw.randrange(120) * DAY,
            "weight": float(draw.choice([1, 2, 5])),
            "lead_unit": draw.choice(["A", "B"]),
        })  # fmt: skip
    reports = [report for task in tasks for report in reports_of_task(draw, task)]
    for number, report in enumerate(reports):
        report["report"] = f"R{number:05}"
    reports += corrections(draw, reports)
    draw.shuffle(reports)
    return tasks, reports


def reports_of_task(draw, task):
    pace, done, rows = draw.choice([0.0, 0.03, 0.06, 0.12]) * task["target"], 0.0, []
    for week in range(N_WEEKS):
        date = FIRST + week * 7 * DAY
        if date < task["start"] or draw.random() < 0.2:
            continue
        done = round(done + pace * draw.random() * 2, 2)
        for _ in range(draw.choice([1, 1, 1, 2])):
            late = draw.choice([0, 0, 0, 9, 30])
            # Hours are few, so that some reports tie even in when they were recorded.
            recorded = dt.datetime.combine(date + late * DAY, dt.time(draw.choice([9, 17])))
            held = {
                "task": task["task"],
                "date": date,
                "done": max(done - draw.choice([0, 0, 1]), 0.0),
                "kind": "report",
            }
            rows.append({**held, "recorded_at": draw.choice([recorded, recorded, None]), "corrects": None})
    return rows


def corrections(draw, reports):
    """Return voids and corrections of some reports, and of some of these again."""
    made = []
    for number, report in enumerate(draw.sample(reports, len(reports) // 15)):
        kind = draw.choice(["void", "report"])
        known = report["recorded_at"] or dt.datetime.combine(report["date"], dt.time(23))
        later = known + dt.timedelta(hours=1 + draw.randrange(900))
        entry = {**report, "report": f"C{number:05}", "kind": kind, "corrects": report["report"], "recorded_at": later}
        entry["done"] = None if kind == "void" else report["done"] / 2
        # Some corrections move their report to another day.
        entry["date"] = report["date"] + (number % 4 - 1) * 3 * DAY
        made.append(entry)
        if number % 3 == 0:
            again = "void" if number % 2 else "report"
            undone = {**entry, "kind": again, "report": f"D{number:05}", "corrects": entry["report"]}
            undone |= {"done": None if again == "void" else report["done"] / 4, "recorded_at": later + 5 * DAY}
            made.append({**undone, "date": entry["date"] - DAY})
    return made


def frames(tasks, reports):
    """Return a season as frames."""
    task_frame = pd.DataFrame(tasks).set_index("task")
    report_frame = pd.DataFrame(reports).set_index("report")
    return task_frame, report_frame
