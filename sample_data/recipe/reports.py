"""Weekly reports of the season: cumulative figures, sent on Fridays, some late, some wrong and put right.

A greening task's figure is the reported area of its plots planted by that day, so that the ledger and the map tell
the same. Other work follows an S-curve that stands still over the holiday and the epidemic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recipe.states import DATA_DAY

FIRST_FRIDAY = pd.Timestamp("2019-11-22")
_STILL = (pd.Timestamp("2020-01-18"), pd.Timestamp("2020-02-17"))
_SILENT = (pd.Timestamp("2020-01-24"), pd.Timestamp("2020-02-14"))
_LATE_SHARE = 0.035
_CORRECTED = 9
_NOTES = ("雨雪天气，进度放缓", "苗木已到场", "正在整地", "已组织自查", "与村委对接中", "补植补造")


def make_reports(
    tasks: pd.DataFrame, plots: pd.DataFrame, paces: dict[str, float], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the log: reports, corrections and one void, each with the time it was sent."""
    fridays = pd.date_range(FIRST_FRIDAY, DATA_DAY, freq="7D")
    reporters = _reporters(tasks)
    rows: list[dict[str, Any]] = []
    for task, row in tasks.iterrows():
        pace = paces[str(row["zone"])]
        done = (
            _planted_by(plots[plots["task"] == task], fridays)
            if row["category"] == "绿化"
            else _curve(row, pace, fridays, rng)
        )
        for friday, amount in zip(fridays, done, strict=True):
            quiet = _SILENT[0] <= friday <= _SILENT[1]
            sends = rng.random() < (0.06 if quiet else 0.62 + 0.35 * pace)
            if sends or friday == DATA_DAY:
                rows.append(_report(str(task), friday, float(amount), reporters[str(row["zone"])], rng))
    return _numbered(_with_corrections(rows, tasks, rng))


def _reporters(tasks: pd.DataFrame) -> dict[str, str]:
    """Return who reports for each zone: a role, never a person."""
    letters = "ABCDEFGHJK"
    return {str(zone): f"网格员{letters[at % len(letters)]}" for at, zone in enumerate(tasks["zone"].unique())}


def _planted_by(plots: pd.DataFrame, fridays: pd.DatetimeIndex) -> list[float]:
    claimed = plots["claimed_mu"].fillna(0.0)
    return [round(float(claimed[plots["planted_on"] <= friday].sum()), 1) for friday in fridays]


def _curve(row: pd.Series, pace: float, fridays: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    final = float(row["target"]) * min(1.12, pace * rng.uniform(0.85, 1.3))
    days = np.asarray([(friday - FIRST_FRIDAY).days for friday in fridays], dtype=float)
    still = np.asarray([(friday > _STILL[0]) & (friday < _STILL[1]) for friday in fridays])
    busy = np.cumsum(np.where(still, 0.0, np.diff(days, prepend=-7.0)))
    middle = rng.uniform(35, 75) * (1.35 - 0.5 * pace)
    curve = 1 / (1 + np.exp(-(busy - middle) / rng.uniform(11, 19)))
    curve = np.maximum.accumulate((curve - curve[0] * 0.8) / (curve[-1] - curve[0] * 0.8))
    amounts = final * np.clip(curve, 0, 1)
    return np.round(amounts, 2) if row["unit"] == "公里" else np.floor(amounts)


def _report(task: str, day: pd.Timestamp, done: float, reporter: str, rng: np.random.Generator) -> dict[str, Any]:
    sent = day + pd.Timedelta(hours=14) + pd.Timedelta(minutes=int(rng.integers(0, 260)))
    late = day < DATA_DAY - pd.Timedelta(days=21) and rng.random() < _LATE_SHARE
    if late:
        sent += pd.Timedelta(days=int(rng.integers(2, 12)))
    note = "补报" if late else (str(rng.choice(_NOTES)) if rng.random() < 0.08 else None)
    return {
        "task": task,
        "date": day,
        "done": done,
        "recorded_at": sent,
        "reporter": reporter,
        "note": note,
        "kind": "report",
        "aim": None,
    }


def _with_corrections(
    rows: list[dict[str, Any]], tasks: pd.DataFrame, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Make some figures wrong and put them right some days later; the last of them is only taken back."""
    able = [
        at
        for at, row in enumerate(rows)
        if float(str(row["done"])) > 8
        and pd.Timestamp("2019-12-06") <= row["date"] <= pd.Timestamp("2020-03-20")
        and row["note"] is None
        and tasks.loc[str(row["task"]), "unit"] != "公里"
    ]
    picked = np.sort(rng.choice(able, _CORRECTED + 1, replace=False))
    added = []
    for number, at in enumerate(picked):
        wrong = rows[at]
        right = float(str(wrong["done"]))
        later = wrong["recorded_at"] + pd.Timedelta(days=int(rng.integers(2, 9)), minutes=int(rng.integers(0, 300)))
        void = number == _CORRECTED
        slip = (10.0, 0.1, 1.5)[int(rng.integers(3))]
        wrong["done"] = (
            round(right * slip, 1) if tasks.loc[str(wrong["task"]), "unit"] == "亩" else float(round(right * slip))
        )
        added.append(
            {
                **wrong,
                "done": None if void else right,
                "recorded_at": later,
                "kind": "void" if void else "report",
                "note": "误报，作废" if void else "更正填报数字",
                "aim": wrong,
            }
        )
    return rows + added


def _numbered(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows numbered in the order they were sent, with what each corrects."""
    order = sorted(rows, key=lambda row: (row["recorded_at"], str(row["task"])))
    names = {id(row): f"R{at:04}" for at, row in enumerate(order, start=1)}
    frame = pd.DataFrame(order, index=pd.Index([names[id(row)] for row in order], name="report"))
    frame["corrects"] = [None if row["aim"] is None else names[id(row["aim"])] for row in order]
    return frame.drop(columns="aim")
