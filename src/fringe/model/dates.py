"""Days as they stand in files: real dates, texts in the ways offices write them, and Excel's serial numbers.

A *day* is a whole local day, kept as a `Timestamp` at midnight without a time zone.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import pandas as pd

# 2019-11-23, 2019.11.23, 2019/11/23, 2019年11月23日, with or without a time behind it.
_YEAR_FIRST = re.compile(
    r"^(?P<y>\d{4})\s*[-./年]\s*(?P<m>\d{1,2})\s*[-./月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:[T\s]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$"
)
_COMPACT = re.compile(r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$")
# Excel counts days from 1899-12-30 (with its invented 29 Feb 1900); serials outside these years are other numbers.
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
# Workbooks made on old Macs count from 1904-01-01, which is this serial elsewhere (ECMA-376 part 1, 18.17.4.1).
_DAYS_TO_1904 = 1462
_SERIAL_MIN, _SERIAL_MAX = 32_874, 73_050  # 1990-01-01, 2099-12-31


def parse_moment(item: object, *, from_1904: bool = False) -> pd.Timestamp | None:  # noqa: PLR0911 - one line for each way of writing
    """Return a moment, or `None` for what is no date; `from_1904` says from when serial numbers count.

    Examples
    --------
    >>> [str(parse_moment(item)) for item in ("2019年11月23日", "2019.11.23 08:30", 43792, "soon")]
    ['2019-11-23 00:00:00', '2019-11-23 08:30:00', '2019-11-23 00:00:00', 'None']
    """
    if item is None or item is pd.NaT:
        return None
    if isinstance(item, dt.datetime | dt.date):
        moment = pd.Timestamp(item)
        return moment.tz_localize(None) if moment.tzinfo else moment
    if isinstance(item, int | float) and not isinstance(item, bool):
        return _from_serial(float(item), from_1904=from_1904)
    if not isinstance(item, str):
        return None
    plain = unicodedata.normalize("NFKC", item).strip()
    found = _YEAR_FIRST.match(plain) or _COMPACT.match(plain)
    if not found:
        serial = re.fullmatch(r"\d{5}(\.\d+)?", plain)
        return _from_serial(float(plain), from_1904=from_1904) if serial else None
    parts = found.groupdict()
    clock = parts.get("clock") or "00:00"
    try:
        return pd.Timestamp(f"{parts['y']}-{int(parts['m']):02}-{int(parts['d']):02} {clock}")
    except ValueError:  # 2019-02-30
        return None


def parse_day(item: object, *, from_1904: bool = False) -> pd.Timestamp | None:
    """Return a whole day, or `None` for what is no date; `from_1904` says from when serial numbers count.

    Examples
    --------
    >>> str(parse_day("２０１９－１１－２３")), str(parse_day(42330, from_1904=True))
    ('2019-11-23 00:00:00', '2019-11-23 00:00:00')
    """
    moment = parse_moment(item, from_1904=from_1904)
    return None if moment is None else moment.normalize()


def _from_serial(serial: float, *, from_1904: bool) -> pd.Timestamp | None:
    serial += _DAYS_TO_1904 if from_1904 else 0
    if not _SERIAL_MIN <= serial <= _SERIAL_MAX:
        return None
    return (_EXCEL_EPOCH + pd.Timedelta(days=serial)).round("s")
