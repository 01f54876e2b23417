"""Doing the same to many files on all cores."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(
    work: Callable[[T], R], items: Sequence[T], processors: int | None = None
) -> list[R]:
    """Do the same to many files on all cores (hashing leaves the interpreter's lock alone)."""
    with ThreadPoolExecutor(max_workers=processors or min(8, os.cpu_count() or 1) + 1) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
