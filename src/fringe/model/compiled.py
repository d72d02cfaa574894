"""Compiled inner loops: when they are worth it, and how they are made.

Loops over millions of edges are compiled by numba where it is installed (the extra ``fast``). Nothing depends on it:
the same figures come from GEOS, more slowly. Three costs are weighed against the time saved, about half a second for
each million vertices:

- Importing numba and loading compiled code from its cache takes about one second, once in a process. That is done when
  `WORTH_LOADING` vertices have been worked on, at once or table by table: whatever comes, at most about twice
  the time is spent that foresight would have needed. Tables below `WORTH_CALLING` vertices do not count.
- Once loaded, calling costs microseconds, and `WORTH_CALLING` vertices are enough.
- The first run after an installation compiles, for some tens of seconds, and writes the code to a cache. That is not
  earned back within that run, but by the following ones. Where no cache can be written (an installation that is only
  readable, no home directory) each process would compile anew, and only `WORTH_COMPILING` vertices are worth that.

The kernels count on arithmetic that rounds each operation by itself. A compiler that joins a product and a sum would
break their exact tests, so that is tried once, and where it fails they are left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

WORTH_CALLING = 20_000
WORTH_LOADING = 1_500_000
WORTH_COMPILING = 40_000_000

_state: dict[str, bool] = {}
_seen = {"vertices": 0}


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays on its first call; it leaves Python's lock while it runs."""
    from numba import njit

    try:
        return cast("Function", njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba's words for a cache that cannot be written: "no locator available"
        _state["cached"] = False
        return cast("Function", njit(nogil=True, error_model="numpy")(function))


def worthwhile(vertices: int) -> bool:
    """Return whether work on so many vertices is done sooner by compiled loops."""
    if vertices < WORTH_CALLING:
        return False
    _seen["vertices"] += vertices
    if _seen["vertices"] < WORTH_LOADING and not loaded():
        return False
    return available() and (_state.get("cached", True) or vertices >= WORTH_COMPILING)


def loaded() -> bool:
    """Return whether kernels have been used in this process."""
    return _state.get("exact", False)


def available() -> bool:
    """Return whether numba is there and its arithmetic can be trusted; loads it."""
    if "exact" not in _state:
        _state["exact"] = _is_exact()
    return _state["exact"]


def _is_exact() -> bool:
    if "numba" not in sys.modules and find_spec("numba") is None:
        return False
    try:
        from fringe.model.exact import product_tail
    except ImportError:  # an installation of numba that does not go with that of NumPy
        return False
    # (2**27 + 1)**2 = 2**54 + 2**28 + 1, of which a double keeps all but the last.
    odd = float(2**27 + 1)
    return bool(product_tail(odd, odd) == 1.0 and product_tail(3.0, 7.0) == 0.0)
