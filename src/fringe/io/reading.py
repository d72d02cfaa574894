"""What a reader of files hands over: rows as they stood, and what was noticed.

Rows have no ids yet at this point, so problems name them by *row number*, counted from one; `renumbered` puts the ids
in their place once the layer has them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd
import pyogrio
import pyproj

from fringe.errors import CRSError
from fringe.model.problem import Problem
from fringe.model.units import plain

# What GDAL raises, through pyogrio, of files that cannot be read.
GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    UnicodeDecodeError,
)


@dataclass
class Reading:
    """Rows of a file.

    Parameters
    ----------
    frame
        A GeoDataFrame where the file has shapes, numbered from zero, with its coordinate system where it states one.
    problems
        Found while reading; their rows are row numbers.
    encoding
        Of the table, where headings may have been cut at ten bytes.
    """

    frame: pd.DataFrame
    problems: list[Problem] = field(default_factory=list)
    encoding: str | None = None


def renumbered(problems: Sequence[Problem], index: pd.Index) -> list[Problem]:
    """Return problems with ids in place of row numbers."""
    return [replace(found, rows=tuple(index[int(str(row)) - 1] for row in found.rows)) for found in problems]


@contextmanager
def listening(problems: list[Problem], layer: str, unsaid: Sequence[str] = ()) -> Iterator[None]:
    """Turn what GDAL and openpyxl say while they work into problems.

    Parameters
    ----------
    problems
        Takes what is said.
    layer
        What it is said of.
    unsaid
        Beginnings of remarks that are said better elsewhere.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield
    # Libraries announce their own future here as well; that is nothing about the data.
    remarks = [str(one.message) for one in heard if not issubclass(one.category, DeprecationWarning | FutureWarning)]
    for remark in dict.fromkeys(remarks):
        if not remark.startswith(tuple(unsaid)):
            params = {"reason": remark.strip().rstrip(".")}
            problems.append(Problem("reader_says", layer, severity="warning", params=params))


def parse_crs(given: object, layer: str) -> pyproj.CRS | None:
    """Return a coordinate system from what a user wrote, or raise a `CRSError`.

    Examples
    --------
    >>> parse_crs("EPSG:4490", "zones").name, parse_crs(None, "zones")
    ('China Geodetic Coordinate System 2000', None)
    """
    if given is None:
        return None
    try:
        return pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        raise CRSError(Problem("crs_unknown", layer, params={"value": str(given)})) from error


def plain_datum(given: str) -> str:
    """Return a datum's own name for the ways of writing it.

    Examples
    --------
    >>> plain_datum("GCJ-02"), plain_datum("bd 09")
    ('gcj02', 'bd09')
    """
    return plain(given).replace("-", "").replace("_", "")
