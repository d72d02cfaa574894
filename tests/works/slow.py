"""A second implementation of the ledger in plain Python, from the formulas and without a thought for speed."""

import datetime as dt
import itertools
import math
import random

DAY = dt.timedelta(days=1)


def known(report, known_on):
    recorded = report["recorded_at"]
    if recorded is None:
        recorded = dt.datetime.combine(report["date"], dt.time.max)
    return known_on is None or recorded < dt.datetime.combine(known_on + DAY, dt.time.min)


def effect(entry, log):
    """Return what an entry does to the one it corrects, in the end."""
    after = {effect(other, log) for other in log if other["corrects"] == entry["report"]}
    if "replaces" in after:
        return "replaces"  # what took its place also acts in its place
    if "takes back" in after:
        return "nothing"
    return "takes back" if entry["kind"] == "void" else "replaces"


def stands(report, log):
    """Return whether nothing was done to a report."""
    return all(effect(other, log) == "nothing" for other in log if other["corrects"] == report["report"])


def last_report(task, reports, on, known_on):
    log = [report for report in reports if report["task"] == task["task"] and known(report, known_on)]
    held = [
        (
            report["date"],
            report["recorded_at"] or dt.datetime.combine(report["date"], dt.time.max),
            report["report"],
            report,
        )
        for report in log
        if report["date"] <= on and report["kind"] == "report" and stands(report, log)
    ]
    return max(held, key=lambda item: item[:3])[3] if held else None


def earned_schedule(pv, ev, at):
    """Return ES by the rules for sums at the ends of periods; PV at time 0 is 0."""
    curve = [0.0, *pv]
    near = 1e-9 * curve[-1]
    if ev >= curve[-1] - near:
        return float(next(t for t, value in enumerate(curve) if value >= curve[-1] - near))
    level = [t for t, value in enumerate(curve) if abs(value - ev) <= near]
    if level:
        return float(min(max(at, level[0]), level[-1]))
    n = max(t for t, value in enumerate(curve) if value <= ev)
    return n + (ev - curve[n]) / (curve[n + 1] - curve[n])


def planned(task, day):
    days = (task["due"] - task["start"]).days + 1
    gone = (day - task["start"]).days + 1
    return min(max(gone / days, 0.0), 1.0)


def complete_since(tasks, reports, on, known_on):
    """Return the day since which all tasks have been at their targets."""
    day = on
    while all(done_of(task, reports, day, known_on) >= task["target"] for task in tasks):
        day -= DAY
    return day + DAY


def done_of(task, reports, on, known_on):
    last = last_report(task, reports, on, known_on)
    return last["done"] if last else 0.0


def progress(tasks, reports, on, known_on, weight):
    """Return the figures of one group."""
    done = [done_of(task, reports, on, known_on) for task in tasks]
    weights = [weight(task) for task in tasks]
    whole = sum(weights)
    ev = sum(w * min(a / task["target"], 1) for w, a, task in zip(weights, done, tasks, strict=True))
    pv_now = sum(w * planned(task, on) for w, task in zip(weights, tasks, strict=True))
    start, end = min(task["start"] for task in tasks), max(task["due"] for task in tasks)
    n_days = (end - start).days + 1
    pv = [
        sum(w * planned(task, start + k * DAY) for w, task in zip(weights, tasks, strict=True)) for k in range(n_days)
    ]
    complete = all(a >= task["target"] for a, task in zip(done, tasks, strict=True))
    clock = complete_since(tasks, reports, on, known_on) if complete else on
    at = (clock - start).days + 1
    spi_t = earned_schedule(pv, ev, at) / at if at > 0 else math.nan
    overdue = sum(task["due"] < on and a < task["target"] for a, task in zip(done, tasks, strict=True))
    return {
        "n_tasks": len(tasks),
        "done": sum(done),
        "excess": sum(max(a - task["target"], 0) for a, task in zip(done, tasks, strict=True)),
        "progress_share": ev / whole,
        "planned_share": pv_now / whole,
        "spi": ev / pv_now if pv_now else math.nan,
        "spi_t": spi_t,
        "n_overdue": overdue,
        "status": status(spi_t, pv_now, overdue, complete),
    }


def status(spi_t, pv_now, overdue, complete):
    if pv_now == 0:
        return "on_track"
    word = "behind"
    for limit, name in ((0.80, "at_risk"), (0.95, "on_track"), (1.05, "ahead")):
        if spi_t >= limit - 1e-9:
            word = name
    if complete and word in ("at_risk", "behind"):
        word = "on_track"
    return "at_risk" if overdue and word in ("ahead", "on_track") else word


def planned_in(task, day, in_season):
    """Return the planned share of a task whose whole is spread over its days of season, or over all if it has none."""
    days = [task["start"] + k * DAY for k in range((task["due"] - task["start"]).days + 1)]
    days = [each for each in days if in_season(each)] or days
    return sum(each <= day for each in days) / len(days)


def on_line(points, at):
    """Return the height of a broken line, level before its first point and after its last."""
    if at <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in itertools.pairwise(points):
        if left < at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return points[-1][1]


def weeks_to_go(rates, remaining, draws, seed, most):
    """Return how many weeks each of some futures takes: blocks of blocks, drawn one by one."""
    draw = random.Random(seed)  # noqa: S311 - test data
    length = math.ceil(len(rates) ** (1 / 3) - 1e-12)

    def ring(weeks, count):
        drawn = []
        while len(drawn) < count:
            first = draw.randrange(len(weeks))
            drawn += [weeks[(first + k) % len(weeks)] for k in range(length)]
        return drawn[:count]

    taken = []
    for _ in range(draws):
        past, gained, weeks = ring(rates, len(rates)), 0.0, 0
        while weeks < most:
            for week in ring(past, length):
                if gained + week >= remaining:
                    taken.append(weeks + (remaining - gained) / week)
                    break
                gained += week
                weeks += 1
            else:
                continue
            break
        else:
            taken.append(math.inf)
    return taken
