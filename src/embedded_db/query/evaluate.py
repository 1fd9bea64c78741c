"""Finds the nodes that fulfil a filter: columns in memory first, text in the file last and only for what is left.

A domain is the nodes that are still in question: all of them (None), or their numbers in ascending order. Each
condition gives a mask over the domain; a conjunction narrows the domain as soon as few are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embedded_db.indexing.coded import Coded, Mask, Numbers
from embedded_db.indexing.indexes import Indexes
from embedded_db.indexing.ordered import SPANS, as_float
from embedded_db.query.filters import COMPARISONS, TIMES, Condition, Either, Every, Filter, Not, comparison
from embedded_db.storage import scans
from embedded_db.storage.store import Store

NARROW = 8
"""A domain is narrowed to the numbers left when they are one of so many."""
CORE = ("type", "sender", "role")
PLAIN = ("id", "chat_id", "content", *TIMES)
"""What is not kept as a column of codes."""
BOUNDS: dict[str, Callable[[Any, Any], Mask]] = {
    "GreaterThan": np.greater,
    "GreaterThanOrEqual": np.greater_equal,
    "LessThan": np.less,
    "LessThanOrEqual": np.less_equal,
}
SQL = {
    "Equals": "content = ?", "GreaterThan": "content > ?", "GreaterThanOrEqual": "content >= ?",
    "LessThan": "content < ?", "LessThanOrEqual": "content <= ?", "Contains": "instr(content, ?) > 0",
    "Between": "content BETWEEN ? AND ?",
}  # fmt: skip


class Evaluation:
    """Filters over the indexes of one query, which see ``size`` numbers."""

    def __init__(self, indexes: Indexes, store: Store) -> None:
        self._indexes, self._store = indexes, store
        self._columns = indexes.columns
        self.size = self._columns.size

    def numbers(self, filter: Filter | None, domain: Numbers | None) -> Numbers | Mask | None:
        """Return what is left of a domain: numbers, or a mask by number while they are many; None is all that live."""
        if domain is None and filter is not None:
            domain, filter = self._narrowed(filter)
        alive = self._columns.alive[: self.size] if domain is None else self._columns.alive[domain]
        if filter is None:
            return None if domain is None else domain[alive]
        mask = self.mask(filter, domain) & alive
        if domain is not None:
            return domain[mask]
        return mask if np.count_nonzero(mask) * NARROW > self.size else flat(mask)

    def _narrowed(self, filter: Filter) -> tuple[Numbers | None, Filter | None]:
        """A few nodes outside of which nothing fulfils a filter, if a column by value tells them, and what is left."""
        parts = filter.parts if isinstance(filter, Every) else (filter,)
        fewest, told = self.size // NARROW, None
        for part in parts:
            if isinstance(part, Condition) and part.operator in SPANS and part.path[0] not in PLAIN:
                column = self._column(part.path)
                ordered = None if part.value is None else column.ordered(self.size)
                span = None if ordered is None else ordered.span(column, part.operator, part.value)
                if ordered is not None and span is not None and span[1] - span[0] < fewest:
                    fewest, told = span[1] - span[0], (ordered, span, part)
        if told is None:
            return None, filter
        ordered, span, part = told
        domain, exact = ordered.within(span, self.size)
        left = tuple(one for one in parts if not (exact and one is part))
        return domain, Every(left) if left else None

    def mask(self, filter: Filter, domain: Numbers | None) -> Mask:
        """Return for each node of the domain whether it fulfils a filter."""
        match filter:
            case Every(parts):
                return self._every(sorted(parts, key=cost), domain)
            case Either(parts):
                found = self.mask(parts[0], domain)
                for part in parts[1:]:
                    found = found | self.mask(part, domain)
                return found
            case Not(part):
                return ~self.mask(part, domain)
            case Condition():
                return self._condition(filter, domain)
        raise TypeError(f"no filter: {filter!r}")

    def _every(self, parts: Sequence[Filter], domain: Numbers | None) -> Mask:
        length = self.size if domain is None else len(domain)
        found = np.ones(length, bool)
        for at, part in enumerate(parts):
            if at and np.count_nonzero(found) * NARROW < length:
                places = flat(found)
                rest = places if domain is None else domain[places]
                found[places] = self._every(parts[at:], rest)
                return found
            found &= self.mask(part, domain)
        return found

    def _condition(self, one: Condition, domain: Numbers | None) -> Mask:
        operator, value = one.operator, one.value
        if operator == "NotEquals":
            return ~self._condition(Condition(one.path, "Equals", value), domain)
        if operator == "Exists":
            exists = self._exists(one.path, domain)
            return exists if value else ~exists
        if value is None and operator == "Equals":
            return ~self._exists(one.path, domain)
        return self._comparison(one.path, operator, value, domain)

    def _comparison(self, path: tuple[str, ...], operator: str, value: Any, domain: Numbers | None) -> Mask:
        match path:
            case ("id",):
                return self._spread(self._ids(value), domain)
            case ("chat_id",):
                return self._in_chat(value, domain)
            case ("created_at" | "updated_at" as name,):
                return ordered(self._plain(name, domain), operator, value)
            case ("content",):
                return self._text(operator, value, domain)
        return coded(self._column(path), operator, value, domain, self.size)

    def _column(self, path: tuple[str, ...]) -> Coded:
        found: Coded = getattr(self._columns, path[0]) if path[0] in CORE else self._indexes.property(path)
        return found

    def _exists(self, path: tuple[str, ...], domain: Numbers | None) -> Mask:
        name = path[0]
        if name == "chat_id":
            return truth(self._plain("chat", domain) > 0)
        if path == ("content",):
            return truth(self._plain("length", domain) > 0)
        if name in ("id", *TIMES):
            return np.ones(self.size if domain is None else len(domain), bool)
        return self._column(path).of(domain, self.size) > 0

    def _plain(self, name: str, domain: Numbers | None) -> Any:
        values = getattr(self._columns, name)
        return values[: self.size] if domain is None else values[domain]

    def _ids(self, value: Any) -> Numbers:
        ids = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
        with self._store.reading() as database:
            found = scans.numbers_of(database, ids)
        return np.array(sorted(found.values()), np.uint32)

    def _in_chat(self, value: Any, domain: Numbers | None) -> Mask:
        chats, wanted = self._plain("chat", domain), self._ids(value)
        return truth(chats == wanted[0]) if len(wanted) == 1 else np.isin(chats, wanted)

    def _text(self, operator: str, value: Any, domain: Numbers | None) -> Mask:
        values = value if isinstance(value, list) else [value]
        if operator == "In":
            values = [one for one in values if isinstance(one, str)]
            where = f"content IN ({', '.join('?' * len(values))})"
        else:
            where = SQL[operator]
        if not all(isinstance(one, str) for one in values):
            return np.zeros(self.size if domain is None else len(domain), bool)
        with self._store.reading() as database:
            found = scans.with_content(
                database, f"content <> '' AND {where}", values, None if domain is None else domain.tolist()
            )
        return self._spread(np.array(found, np.uint32), domain)

    def _spread(self, numbers: Numbers, domain: Numbers | None) -> Mask:
        """Some numbers as a mask over the domain."""
        if domain is not None:
            return np.isin(domain, numbers)
        mask = np.zeros(self.size, bool)
        mask[numbers[numbers < self.size]] = True
        return mask


def coded(column: Coded, operator: str, value: Any, domain: Numbers | None, size: int) -> Mask:
    """Return where the values of a column fulfil a condition that is neither NotEquals nor Exists."""
    codes = column.of(domain, size)
    if operator == "Equals":
        code = column.find(value)
        return codes == code if code else np.zeros(len(codes), bool)
    if operator == "In":
        wanted = [code for one in value if one is not None and (code := column.find(one))]
        table = np.zeros(len(column.values), bool)
        table[wanted] = True
        found = table[codes]
        return found | (codes == 0) if None in value else found
    operand = value[0] if operator == "Between" else value
    if operator != "Contains" and isinstance(operand, (int, float)):
        bounds = [as_float(one) for one in value] if operator == "Between" else as_float(value)
        return ordered(column.numbers(), operator, bounds)[codes]
    return column.matching(comparison(operator, value))[codes]


def ordered(values: Any, operator: str, operand: Any) -> Mask:
    """Return where numbers fulfil a condition; what is not a number never does."""
    if operator == "Between":
        return truth((values >= operand[0]) & (values <= operand[1]))
    if operator == "In":
        return np.isin(values, [one for one in operand if one is not None])
    if operator == "Equals":
        return truth(values == operand)
    return BOUNDS[operator](values, operand)


def truth(mask: Any) -> Mask:
    """Return a mask as one, for the type checker."""
    found: Mask = mask
    return found


def flat(mask: Mask) -> Numbers:
    """Return the places where a mask holds."""
    return np.flatnonzero(mask).astype(np.uint32)


def cost(filter: Filter) -> int:
    """Return how dear a filter is, as a rank: what narrows most for least comes first."""
    match filter:
        case Condition(("id" | "chat_id",), "Equals" | "In"):
            return 0
        case Condition(("content",)):
            return 9
        case Condition((name, *_), operator):
            return 1 + (operator not in COMPARISONS) + (name not in CORE) * 2
        case Every(parts) | Either(parts):
            return max(map(cost, parts), default=0) + 1
        case Not(part):
            return cost(part) + 1
    return 5
