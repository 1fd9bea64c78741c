"""The nodes of a column in the order of their values, so that a rare value or a narrow range is found without a scan.

It is made when a column is asked for the second time, and stays good while the column changes: what was set since is
kept as runs of numbers, and whoever asks looks at those nodes as well. It is made anew when they have become many.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embedded_db.indexing.coded import Coded, Numbers

Side = Literal["left", "right"]
SHARE = 8
MOST_RUNS = 1_000
"""It is made anew when one node of so many was set since, or that many runs of them."""
SPARSE = 64  # one node of so many or fewer is sparse
SIDES: dict[str, tuple[Side | None, Side | None]] = {
    "Between": ("left", "right"), "GreaterThan": ("right", None), "GreaterThanOrEqual": ("left", None),
    "LessThan": (None, "left"), "LessThanOrEqual": (None, "right"),
}  # fmt: skip
"""Where the lower and the upper bound of a range go among equal values."""
SPANS = ("Equals", *SIDES)


class Ordered:
    """Numbers of nodes by value: numbers ascending, then everything else, equal values together."""

    def __init__(self, column: Coded, codes: Numbers) -> None:
        values = column.numbers()
        order = np.argsort(values, kind="stable")
        self._values: NDArray[np.float64] = values[order][: len(values) - np.count_nonzero(np.isnan(values))]
        ranks = np.empty(len(order), np.uint32)
        ranks[order] = np.arange(len(order), dtype=np.uint32)
        self._ranks = ranks
        by_node = ranks[codes]
        self._nodes: Numbers = np.argsort(by_node, kind="stable").astype(np.uint32)
        self._starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(by_node, minlength=len(order)))))
        self.size = len(codes)
        self._since: list[tuple[int, int]] = []
        self._changed = 0

    def set(self, first: int, last: int) -> None:
        """Hear that nodes have other values now."""
        self._since.append((first, min(last, self.size - 1)))
        self._changed += last - first + 1

    def stale(self, size: int) -> bool:
        """Whether so many of the first ``size`` nodes were set since that it should be made anew."""
        changed = self._changed + max(size - self.size, 0)
        return changed > self.size // SHARE + SHARE or len(self._since) > MOST_RUNS

    def span(self, column: Coded, operator: str, value: Any) -> tuple[int, int] | None:
        """Return where the nodes lie that fulfil a condition; None if they do not lie together."""
        if operator == "Equals":
            code = column.find(value)
            if code is None or code >= len(self._ranks):  # only what was set since can have it
                return 0, 0
            rank = int(self._ranks[code])
            return int(self._starts[rank]), int(self._starts[rank + 1])
        bounds = value if operator == "Between" else [value, value]
        if operator not in SIDES or not isinstance(bounds[0], (int, float)):
            return None
        low, high = map(as_float, bounds)
        lower, upper = SIDES[operator]
        first = 0 if lower is None else int(self._values.searchsorted(low, lower))
        last = len(self._values) if upper is None else int(self._values.searchsorted(high, upper))
        return int(self._starts[first]), int(self._starts[max(first, last)])

    def within(self, span: tuple[int, int], size: int) -> tuple[Numbers, bool]:
        """Return the nodes of a span and all that were set since, up to ``size``, ascending, and whether none were."""
        found, since = self._nodes[span[0] : span[1]], list(self._since)
        if self.size < size:
            since.append((self.size, size - 1))
        elif self.size > size:  # made for a query that began after this one
            found = found[found < size]
        if len(found) * SPARSE < size and not since:
            return np.sort(found), True
        mask = np.zeros(size, bool)  # quicker than sorting many
        mask[found] = True
        for first, last in since:
            mask[first : last + 1] = True
        return np.flatnonzero(mask).astype(np.uint32), not since


def as_float(number: int | float) -> float:
    """Return a number as filters compare it; whole numbers beyond all floats are infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
