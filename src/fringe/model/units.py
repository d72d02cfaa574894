"""Units: what files give is converted to metres, square metres and shares; what people see is converted back.

Inside the library a quantity's unit is the end of its name: `_m`, `_m2`, `_km`, `_per_km2`, `_share` (0 to 1).
亩 (1 亩 = 2000/3 m²), 公顷 and percent exist only in files that come in and in labels that go out.

A *unit name* is the canonical word kept in a ledger: ``m2``, ``m``, ``share``, or a counting word (``株``, ``处``).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from fringe.model import words

M2_PER_MU = 2000 / 3
M2_PER_HA = 10_000.0
M2_PER_KM2 = 1_000_000.0
M_PER_KM = 1000.0

# Symbols as they stand in headings and cells, after NFKC and lower-casing: unit name, factor.
_SYMBOLS: dict[str, tuple[str, float]] = {
    "m2": ("m2", 1.0),
    "m^2": ("m2", 1.0),
    "sqm": ("m2", 1.0),
    "平方米": ("m2", 1.0),
    "平米": ("m2", 1.0),
    "平方": ("m2", 1.0),
    "万m2": ("m2", 10_000.0),
    "万平方米": ("m2", 10_000.0),
    "万平米": ("m2", 10_000.0),
    "万平": ("m2", 10_000.0),
    "亩": ("m2", M2_PER_MU),
    "mu": ("m2", M2_PER_MU),
    "万亩": ("m2", M2_PER_MU * 10_000),
    "公顷": ("m2", M2_PER_HA),
    "ha": ("m2", M2_PER_HA),
    "hm2": ("m2", M2_PER_HA),
    "平方公里": ("m2", M2_PER_KM2),
    "平方千米": ("m2", M2_PER_KM2),
    "km2": ("m2", M2_PER_KM2),
    "km^2": ("m2", M2_PER_KM2),
    "m": ("m", 1.0),
    "米": ("m", 1.0),
    "延米": ("m", 1.0),
    "km": ("m", M_PER_KM),
    "公里": ("m", M_PER_KM),
    "千米": ("m", M_PER_KM),
    "里": ("m", 500.0),
    "%": ("share", 0.01),
    "percent": ("share", 0.01),
    "百分比": ("share", 0.01),
    "share": ("share", 1.0),
    "万株": ("株", 10_000.0),
    "株": ("株", 1.0),
    "棵": ("株", 1.0),
    "trees": ("株", 1.0),
    "处": ("处", 1.0),
    "sites": ("处", 1.0),
    "个": ("个", 1.0),
    "items": ("个", 1.0),
    "户": ("户", 1.0),
    "households": ("户", 1.0),
    "座": ("座", 1.0),
    "条": ("条", 1.0),
    "盏": ("盏", 1.0),
    "人": ("人", 1.0),
    "万人": ("人", 10_000.0),
}


@dataclass(frozen=True)
class Unit:
    """A unit as it is kept: its name, and the factor that turns a given figure into it."""

    name: str
    factor: float
    known: bool = True


def plain(symbol: str) -> str:
    """Return a symbol or heading without full-width forms, case and blanks.

    Examples
    --------
    >>> plain("（ＫＭ²）")
    '(km2)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", symbol)).lower()


# A group that begins with 0 would be a decimal comma: 0,500.
_GROUPED = re.compile(r"^[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?![\d, ])")


def figure_text(text: str) -> str:
    """Return a figure without full-width forms, capitals, blanks and the separators of its thousands.

    Commas and blanks between digits separate thousands only in groups of three; elsewhere they may be a decimal comma
    or two figures, and stay.

    Examples
    --------
    >>> [figure_text(text) for text in ("１，２３４．５", "1 200 亩", "2,5", "10 20", "0,500")]
    ['1234.5', '1200亩', '2,5', '10 20', '0,500']
    """
    bare = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().lower()
    bare = re.sub(r"(?<![\d.,]) | (?![\d.,])", "", bare)
    return _GROUPED.sub(lambda found: found[0].replace(",", "").replace(" ", ""), bare)


def parse_unit(symbol: str) -> Unit:
    """Return the unit of a symbol; an unknown one is kept as it is, with factor 1 and ``known=False``.

    Examples
    --------
    >>> parse_unit("公里"), parse_unit("万㎡").factor, round(parse_unit("亩").factor, 3)
    (Unit(name='m', factor=1000.0, known=True), 10000.0, 666.667)
    >>> parse_unit("车次")
    Unit(name='车次', factor=1.0, known=False)
    """
    found = _SYMBOLS.get(plain(symbol))
    return Unit(*found) if found else Unit(symbol.strip(), 1.0, known=False)


_HEADING = re.compile(r"^(?P<head>.+?)\s*[(（\[【/](?:单位[:：])?(?P<unit>[^()（）\[\]【】/]+)[)）\]】]?$")


def split_heading(heading: str) -> tuple[str, str | None]:
    """Return a heading without its unit, and the unit if it names a known one.

    Examples
    --------
    >>> split_heading("上报面积（亩）"), split_heading("长度/km"), split_heading("乡镇/街道")
    (('上报面积', '亩'), ('长度', 'km'), ('乡镇/街道', None))
    """
    found = _HEADING.match(heading.strip())
    if found and parse_unit(found["unit"]).known:
        return found["head"].strip(), found["unit"].strip()
    return heading.strip(), None


@dataclass(frozen=True)
class Display:
    """How a column's number is shown: multiplied, rounded, with a unit, and perhaps once more in another unit.

    Parameters
    ----------
    factor
        What the number is multiplied with.
    decimals
        Digits behind the point.
    unit
        Printed behind the number; empty for none.
    gap
        What stands between number and unit.
    also
        A second rendering in brackets, such as 亩 behind 公顷.
    signed
        Whether a plus sign is printed, for differences.
    """

    factor: float = 1.0
    decimals: int = 0
    unit: str = ""
    gap: str = " "
    also: Display | None = None
    signed: bool = False

    def show(self, number: float) -> str:
        """Return the number as people read it; a missing one is a dash.

        Examples
        --------
        >>> Display(0.0001, 2, "ha").show(123456.0), Display(100, 1, "%", "").show(float("nan"))
        ('12.35 ha', '–')
        """
        if math.isnan(number):
            return "–"
        shown = f"{number * self.factor:{'+' if self.signed else ''},.{self.decimals}f}"
        # Rounding may leave a minus before nothing.
        if not shown.strip("-+0.,"):
            shown = shown.lstrip("-+")
        head = f"{shown}{self.gap}{self.unit}" if self.unit else shown
        return f"{head} ({self.also.show(number)})" if self.also else head


# Names that do not say their unit, or a coarser one than people use: decimals, unit in Chinese and English.
_NAMED: dict[str, tuple[int, str, str]] = {
    "width_m": (1, "米", "m"),
    "road_density": (2, "公里/平方公里", "km/km²"),
    "park_green_per_capita": (2, "平方米/人", "m²/person"),
    "population_density": (0, "人/平方公里", "persons/km²"),
}
_SHARES = frozenset(
    {"green_land_ratio", "green_cover_ratio", "service_coverage", "service_coverage_population", "hardening_rate"}
)


def display(column: str, lang: str | None = None) -> Display | None:  # noqa: PLR0911 - one line for each unit
    """Return how numbers of a column are shown, by the unit at the end of its name; `None` for plain numbers.

    Examples
    --------
    >>> display("covered_m2", "zh").show(66_666.67)
    '6.67 公顷 (100.0 亩)'
    >>> display("covered_share", "en").show(0.4567), display("length_m", "en").show(1234.5)
    ('45.7%', '1.23 km')
    """
    language = words.resolve_lang(lang)
    km = "公里" if language == "zh" else "km"
    signed = column.endswith("_change")
    name = column.removesuffix("_change").removesuffix("_before").removesuffix("_after")
    if name.endswith("_share") or name in _SHARES:
        return Display(100.0, 1, "%", "", signed=signed)
    if name in _NAMED:
        decimals, chinese, english = _NAMED[name]
        return Display(1.0, decimals, chinese if language == "zh" else english, signed=signed)
    if name.endswith("km_per_km2"):
        return Display(1.0, 2, "公里/平方公里" if language == "zh" else "km/km²", signed=signed)
    if name.endswith("_m2"):
        if language == "en":
            return Display(1 / M2_PER_HA, 2, "ha", signed=signed)
        mu = Display(1 / M2_PER_MU, 1, "亩", signed=signed)
        return Display(1 / M2_PER_HA, 2, "公顷", also=mu, signed=signed)
    if name.endswith("_m"):
        return Display(1 / M_PER_KM, 2, km, signed=signed)
    if name.endswith("_km"):
        return Display(1.0, 2, km, signed=signed)
    if name.startswith("n_") or name in {"households", "population", "served_population"}:
        return Display(1.0, 0, "", signed=signed)
    if name in {"spi", "spi_t", "weight"}:
        return Display(1.0, 2, "", signed=signed)
    return None


def show(item: object, column: str, lang: str | None = None) -> str:
    """Return a value as people read it: numbers by their unit, dates as days, words in the language.

    Examples
    --------
    >>> show(0.5, "covered_share", "en"), show("planted", "status", "zh"), show(None, "name", "en")
    ('50.0%', '已栽植', '–')
    """
    if item is None or item != item:  # noqa: PLR0124 - NaN, NaT and NA differ from themselves
        return "–"
    how = display(column, lang)
    if isinstance(item, bool):
        return words.text("value.flag.yes" if item else "value.flag.no", lang)
    if hasattr(item, "strftime"):
        return str(item.strftime("%Y-%m-%d"))
    if how and isinstance(item, int | float):
        return how.show(float(item))
    if isinstance(item, float):
        text = f"{item:,.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return words.value(column, item, lang)
