"""Work in chunks, on one thread or several: GEOS and NumPy leave Python's lock while they compute.

Chunks are cut the same way for any number of workers and their results joined in order, so that no figure depends on
it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

# Below this many items starting threads costs more than it saves.
SMALL = 2_000
MOST_WORKERS = 8


def chunked(work: Callable[[slice], Result], n: int, *, size: int, workers: int | None = None) -> list[Result]:
    """Return the results of `work` on consecutive slices of n items, in order.

    Parameters
    ----------
    work
        Called with a slice of at most `size` items; called once with an empty slice if there are none.
    n
        How many items there are.
    size
        Items in a slice.
    workers
        Threads; `None` takes one for small inputs, else one for each processor.

    Examples
    --------
    >>> chunked(lambda span: span.stop - span.start, 7, size=3)
    [3, 3, 1]
    """
    spans = [slice(first, min(first + size, n)) for first in range(0, n, size)] or [slice(0, 0)]
    if workers is None:
        workers = 1 if n < SMALL else min(os.cpu_count() or 1, MOST_WORKERS)
    if workers <= 1 or len(spans) == 1:
        return [work(span) for span in spans]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, spans))
