"""A column of values by number of node: each different value is kept once, each node has the number of its value.

So a filter looks at every different value once, and at the nodes only by table.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedded_db.indexing.ordered import Ordered, as_float

Mask = NDArray[np.bool_]
Numbers = NDArray[np.uint32]
MISSING = 0
"""The code of a node without a value."""


class Coded:
    """Values of any kind that JSON has; None is no value."""

    def __init__(self, size: int = 0) -> None:
        self.codes: Numbers = np.zeros(size, np.uint32)
        self.values: list[Any] = [None]
        self._known: dict[Any, int] = {}
        self._numbers: NDArray[np.float64] = np.full(1, np.nan)
        self._ordered: Ordered | None = None
        self._asked = False
        self._lock = threading.Lock()

    def code(self, value: Any) -> int:
        """Return the code of a value, a new one if it is the first of its kind."""
        if value is None:
            return MISSING
        known = key(value)
        found = self._known.get(known)
        if found is None:
            self.values.append(value)
            found = self._known[known] = len(self.values) - 1
        return found

    def codes_of(self, values: Iterable[Any]) -> list[int]:
        """Return the codes of many values."""
        known = self._known
        return [known.get(value, 0) or self.code(value) if type(value) is str else self.code(value) for value in values]

    def find(self, value: Any) -> int | None:
        """Return the code of a value if any node has had it."""
        return self._known.get(key(value))

    def put(self, numbers: NDArray[np.int64], values: Iterable[Any]) -> None:
        """Set the values of nodes, which are in ascending order."""
        if numbers.size:
            codes = self.codes_of(values)
            with self._lock:
                self.codes = grown(self.codes, int(numbers[-1]) + 1)
                self.codes[numbers] = codes
                self._set(int(numbers[0]), int(numbers[-1]))

    def put_run(self, first: int, codes: Numbers) -> None:
        """Set the codes of a run of nodes."""
        with self._lock:
            self.codes = grown(self.codes, first + len(codes))
            self.codes[first : first + len(codes)] = codes
            self._set(first, first + len(codes) - 1)

    def _set(self, first: int, last: int) -> None:
        if self._ordered is not None and first < self._ordered.size:
            self._ordered.set(first, last)

    def ordered(self, size: int) -> Ordered | None:
        """Return the first ``size`` nodes by value; None when it is asked for the first time, which may be the last."""
        found = self._ordered
        if found is None or found.stale(size):
            if not self._asked:
                self._asked = True
                return None
            with self._lock:
                found = self._ordered = Ordered(self, grown(self.codes, size)[:size].copy())
        return found

    def of(self, domain: Numbers | None, size: int) -> Numbers:
        """Return the codes of some nodes, or of the first ``size``."""
        codes = grown(self.codes, size)
        return codes[:size] if domain is None else codes[domain]

    def matching(self, holds: Callable[[Any], bool]) -> Mask:
        """Return for each code whether its value fulfils a condition; no value never does."""
        values = list(self.values)
        found = np.fromiter((holds(value) for value in values[1:]), bool, len(values) - 1)
        return np.concatenate((np.zeros(1, bool), found))

    def numbers(self) -> NDArray[np.float64]:
        """Return each value as a number, not a number for other kinds."""
        known = self._numbers
        if len(known) < len(self.values):
            values = self.values[len(known) :]
            new = [as_float(value) if isinstance(value, (int, float)) else np.nan for value in values]
            known = self._numbers = np.concatenate((known, np.array(new, np.float64)))
        return known


def key(value: Any) -> Any:
    """Return what equal values have in common and a dict can hold."""
    if isinstance(value, (list, tuple, dict)):
        return ("JSON", json.dumps(value, sort_keys=True))
    return value


def grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the array with room for ``size`` values, doubled when it is too small; what is new is 0."""
    if array.size >= size:
        return array
    larger = np.zeros(max(size, 2 * array.size, 1024), array.dtype)
    larger[: array.size] = array
    return larger
