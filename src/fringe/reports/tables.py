"""Tables as people read and keep them: labels in their language, 公顷 and 亩, percent; and the files they go to."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.errors import StudyError
from fringe.model import words
from fringe.model.problem import Problem
from fringe.model.units import M2_PER_HA, M2_PER_MU, M_PER_KM, Display, display

SUFFIXES = (".csv", ".xlsx", ".parquet", ".gpkg")
_LEDGER_FIGURES = ("target", "done", "excess")
# The units a ledger is read aloud in; areas and lengths are kept in m² and m.
_SPOKEN = {
    "zh": {"m2": ("亩", 1 / M2_PER_MU), "m": ("公里", 1 / M_PER_KM)},
    "en": {"m2": ("ha", 1 / M2_PER_HA), "m": ("km", 1 / M_PER_KM)},
}
# A spreadsheet takes a text that begins so for a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@")


def labelled(table: pd.DataFrame, lang: str | None = None) -> pd.DataFrame:
    """Return a table with headings and units for people; figures stay numbers.

    Parameters
    ----------
    table
        With the library's column names; a share is 0 to 1, an area in m².
    lang
        ``"zh"`` or ``"en"``.

    Returns
    -------
    table
        Headings such as ``覆盖面积（公顷）``, ``覆盖面积（亩）``, ``覆盖率（%）``; figures rounded as they are
        shown.

    Examples
    --------
    >>> table = pd.DataFrame({"covered_m2": [10_000.0], "covered_share": [0.25]}, index=pd.Index(["a"], name="zone"))
    >>> labelled(table, "zh").iloc[0].to_dict()
    {'覆盖面积（公顷）': 1.0, '覆盖面积（亩）': 15.0, '覆盖率（%）': 25.0}
    """
    columns: dict[str, Any] = {}
    table = _spoken(table, words.resolve_lang(lang))
    for name in table.columns:
        if name == "geometry":
            continue
        how = display(str(name), lang)
        items = table[name]
        if how is None or not pd.api.types.is_numeric_dtype(items):
            columns[words.label(str(name), lang)] = items.map(lambda item, name=name: _shown(item, str(name), lang))
            continue
        while how is not None:
            columns[_heading(str(name), how, lang)] = _scaled(items, how)
            how = how.also
    shown = pd.DataFrame(columns, index=table.index)
    names = [words.label(str(name), lang) if name else "" for name in table.index.names]
    shown.index = shown.index.set_names(names)
    return shown.rename(index={"total": words.label("all", lang)})


def _spoken(table: pd.DataFrame, lang: words.Lang) -> pd.DataFrame:
    """Return a table whose ledger figures are in the units people say: 亩, 公里, ha, km."""
    if "unit" not in table.columns:
        return table
    units = table["unit"].map(lambda unit: _SPOKEN[lang].get(unit, (unit, 1.0)), na_action="ignore")
    factors = units.map(lambda unit: unit[1], na_action="ignore").astype(float)
    spoken = {name: (table[name] * factors).round(2) for name in _LEDGER_FIGURES if name in table.columns}
    return table.assign(unit=units.map(lambda unit: unit[0], na_action="ignore"), **spoken)


def _heading(name: str, how: Display, lang: str | None) -> str:
    head = words.label(name, lang)
    return words.text("phrase.heading_unit", lang, head=head, unit=how.unit) if how.unit else head


def _scaled(items: pd.Series[Any], how: Display) -> pd.Series[Any]:
    scaled = (items.astype(float) * how.factor).round(how.decimals)
    return scaled.astype("Int64") if how.decimals == 0 else scaled


def _shown(item: object, name: str, lang: str | None) -> object:
    if item is None or item != item or (isinstance(item, int | float) and not isinstance(item, bool)):  # noqa: PLR0124
        return item
    if isinstance(item, pd.Timestamp):
        return item.date()
    return words.value(name, item, lang) if isinstance(item, str) else item


def write_table(
    table: pd.DataFrame, path: str | os.PathLike[str], *, zones: gpd.GeoDataFrame | None = None, lang: str | None = None
) -> None:
    """Write a table: csv and xlsx for people (labels and their units), parquet and gpkg for programs (column names).

    Parameters
    ----------
    table
        With the library's column names. For columns that are indicators a workbook has a second sheet with their
        formulas and sources.
    path
        Ends in ``.csv`` (UTF-8 with a byte order mark, so that Excel reads it), ``.xlsx``, ``.parquet`` or ``.gpkg``.
    zones
        Give their shapes to a ``.gpkg``, for the rows they share with the table.
    lang
        Of the headings.

    Raises
    ------
    StudyError
        If the ending is none of these, or the file cannot be written.
    """
    path, suffix = _target(path, SUFFIXES)
    try:
        if suffix == ".csv":
            _harmless(labelled(table, lang)).to_csv(path, encoding="utf-8-sig")
        elif suffix == ".xlsx":
            _write_excel(labelled(table, lang), path, _sources(table, lang), lang)
        elif suffix == ".parquet":
            _demand_pyarrow(path)
            table.to_parquet(path)
        else:
            _shaped(table, zones).to_file(path, driver="GPKG", layer="zones", engine="pyogrio")
    except OSError as error:
        raise StudyError(
            Problem("file_not_written", path.name, params={"path": str(path), "reason": str(error)})
        ) from error


def _sources(table: pd.DataFrame, lang: str | None) -> list[str]:
    """Return formula and source of each column that is an indicator."""
    from fringe.reports.indicators import cited, registered

    return [cited(name, lang) for name in registered() if name in table.columns]


def _shaped(table: pd.DataFrame, zones: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the table with the shapes of its zones, or of its groups of zones; the total has none."""
    if zones is None:
        return gpd.GeoDataFrame(table.reset_index(), geometry=np.full(len(table), None, dtype=object))
    group = str(table.index.name)
    shapes = zones.dissolve(group).geometry if group in zones.columns else zones.geometry
    frame = table.drop(columns="geometry", errors="ignore").join(shapes.rename("geometry"))
    return gpd.GeoDataFrame(frame.reset_index(), geometry="geometry", crs=zones.crs)


def write_problems(problems: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table of problems to ``.csv`` or ``.xlsx``.

    Raises
    ------
    StudyError
        If the ending is another, or the file cannot be written.
    """
    path, suffix = _target(path, (".csv", ".xlsx"))
    try:
        if suffix == ".csv":
            _harmless(problems).to_csv(path, index=False, encoding="utf-8-sig")
        else:
            _write_excel(problems.set_index("layer"), path)
    except OSError as error:
        params = {"path": str(path), "reason": str(error)}
        raise StudyError(Problem("file_not_written", path.name, params=params)) from error


def _target(path: str | os.PathLike[str], suffixes: tuple[str, ...]) -> tuple[Path, str]:
    """Return a path that can be written to and its ending, or say why not."""
    target = Path(path)
    suffix = target.suffix.lower()
    params = {"path": str(target), "value": suffix or "–", "allowed": ", ".join(suffixes)}
    if suffix not in suffixes:
        raise StudyError(Problem("format_unknown", target.name, params=params))
    if not target.parent.is_dir():
        raise StudyError(Problem("folder_missing", target.name, params={**params, "folder": str(target.parent)}))
    return target, suffix


def _demand_pyarrow(path: Path) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        params = {"path": str(path), "package": "pyarrow", "command": 'pip install "fringe-gis[parquet]"'}
        raise StudyError(Problem("format_extra", path.name, params=params))


def _harmless(shown: pd.DataFrame) -> pd.DataFrame:
    """Return a table none of whose texts a spreadsheet runs: an apostrophe marks them as texts."""
    return shown.map(lambda item: f"'{item}" if isinstance(item, str) and item.startswith(_FORMULA_SIGNS) else item)


def _write_excel(shown: pd.DataFrame, path: Path, sources: Sequence[str] = (), lang: str | None = None) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    flat = shown.reset_index()
    sheet.append([str(name) for name in flat.columns])
    for row in flat.itertuples(index=False):
        sheet.append(
            [None if item is None or pd.isna(item) else getattr(item, "item", lambda item=item: item)() for item in row]
        )
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8ECEF")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for at, name in enumerate(flat.columns, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = min(max(10, 2 * len(str(name)) * 0.8), 28)
        for cell in sheet[get_column_letter(at)][1:]:
            # A text that begins with = is a text: names come from files, and a formula would run.
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.freeze_panes = "B2"
    if sources:
        notes: Any = book.create_sheet(words.text("phrase.sources", lang))
        notes.column_dimensions["A"].width = 110
        for line in sources:
            notes.append([line])
            notes.cell(notes.max_row, 1).data_type = "s"
            notes.cell(notes.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    book.save(path)
