"""Structural filters: conditions on properties, joined by and, or and not.

Two ways to write one, and one value for both::

    {"property": "role", "operator": "Equals", "value": "user"}
    Field("role") == "user"

Conditions follow Python: `NotEquals` is the opposite of `Equals`, so it holds for a node without the property, too;
`Contains` looks for text in text, or for an element of a list; order holds between numbers, and between texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Never

from embedded_db import drafts
from embedded_db.errors import InvalidNode, InvalidQuery

OPERATORS = (
    "Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual", "In", "Contains",
    "Between", "Exists",
)  # fmt: skip
NAMED = ("Equals", "NotEquals", "In", "Exists")
"""Operators of properties that name a node."""
ORDERED = tuple(operator for operator in OPERATORS if operator != "Contains")
ALLOWED = {"id": NAMED, "chat_id": NAMED, "created_at": ORDERED, "updated_at": ORDERED}
TIMES = ("created_at", "updated_at")
PAIR = 2
WHOLE = ({"property", "operator", "value"}, {"property", "operator"})
"""What a dict that is a condition has in it."""


class Filter:
    """A condition on nodes; ``&``, ``|`` and ``~`` join them."""

    def __and__(self, other: Filter) -> Filter:
        return Every((self, other))

    def __or__(self, other: Filter) -> Filter:
        return Either((self, other))

    def __invert__(self) -> Filter:
        return Not(self)

    def __bool__(self) -> Never:
        raise InvalidQuery("Join filters by &, | and ~; Python's and, or and not cannot see inside them.")


@dataclass(frozen=True, slots=True)
class Condition(Filter):
    """One condition; times are microseconds since 1970 by now."""

    path: tuple[str, ...]
    operator: str
    value: Any

    def __str__(self) -> str:
        return f"{'.'.join(self.path)} {self.operator} {self.value!r}"


@dataclass(frozen=True, slots=True)
class Every(Filter):
    """All of these."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either(Filter):
    """Any of these."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not(Filter):
    """Whatever does not fulfil this."""

    part: Filter


def condition(property: str, operator: str, value: Any = None) -> Condition:
    """Return a checked condition.

    Raises:
        InvalidQuery: names the property, the operator, and what is allowed.
    """
    if not isinstance(property, str) or not property or '"' in property:
        raise InvalidQuery(
            f"A filter names a property, such as role or metadata.topic, not {property!r}.", str(property)
        )
    allowed = ALLOWED.get(property, OPERATORS)
    if operator not in allowed:
        raise InvalidQuery(
            f"{property} cannot be filtered by {operator!r}; it takes {', '.join(allowed)}.", property, str(operator)
        )
    path = tuple(property.split(".")) if property.startswith("metadata.") else (property,)
    if not all(path):
        raise InvalidQuery(f"{property!r} has an empty name in it.", property, operator)
    return Condition(path, operator, _operand(property, operator, value))


class Field:
    """A property of nodes, to be compared: ``Field("role") == "user"``; properties of their own by name as well."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return condition(self.name, "Equals", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return condition(self.name, "NotEquals", value)

    def __gt__(self, value: Any) -> Condition:
        return condition(self.name, "GreaterThan", value)

    def __ge__(self, value: Any) -> Condition:
        return condition(self.name, "GreaterThanOrEqual", value)

    def __lt__(self, value: Any) -> Condition:
        return condition(self.name, "LessThan", value)

    def __le__(self, value: Any) -> Condition:
        return condition(self.name, "LessThanOrEqual", value)

    def one_of(self, values: Sequence[Any]) -> Condition:
        """Hold where the property is one of the values."""
        return condition(self.name, "In", values)

    def contains(self, value: Any) -> Condition:
        """Hold where the value stands in the text, or in the list."""
        return condition(self.name, "Contains", value)

    def between(self, low: Any, high: Any) -> Condition:
        """Hold from one value to the other, both included."""
        return condition(self.name, "Between", (low, high))

    def exists(self) -> Condition:
        """Hold where the property has a value."""
        return condition(self.name, "Exists", True)


def from_dicts(given: object) -> Filter | None:
    """Return the filters of a list (all must hold), of one dict, or of a :class:`Filter`. Raises InvalidQuery."""
    if given is None or isinstance(given, Filter):
        return given
    if isinstance(given, (dict, Mapping)):  # the tests of abstract classes take long, so the usual one comes first
        return _from_dict(given)
    if not isinstance(given, (list, tuple, Sequence)) or isinstance(given, str):
        raise InvalidQuery(f"Structural filters are a list of dicts, not {type(given).__name__}.")
    parts = tuple([part for part in map(from_dicts, given) if part is not None])
    return parts[0] if len(parts) == 1 else Every(parts) if parts else None


def comparison(operator: str, operand: Any) -> Callable[[Any], bool]:
    """Return what decides whether a value (never None) fulfils a condition; not for NotEquals and Exists."""
    compare = COMPARISONS[operator]
    return lambda value: compare(value, operand)


def alike(value: Any, operand: Any) -> bool:
    """Return whether two values can be put in order."""
    numbers = isinstance(value, (int, float)) and isinstance(operand, (int, float))
    return numbers or (isinstance(value, str) and isinstance(operand, str))


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return isinstance(operand, str) and operand in value
    return isinstance(value, (list, dict)) and operand in value


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda value, operand: bool(value == operand),
    "GreaterThan": lambda value, operand: alike(value, operand) and value > operand,
    "GreaterThanOrEqual": lambda value, operand: alike(value, operand) and value >= operand,
    "LessThan": lambda value, operand: alike(value, operand) and value < operand,
    "LessThanOrEqual": lambda value, operand: alike(value, operand) and value <= operand,
    "In": lambda value, operand: value in operand,
    "Contains": _contains,
    "Between": lambda value, operand: alike(value, operand[0]) and operand[0] <= value <= operand[1],
}


def _operand(property: str, operator: str, value: Any) -> Any:
    """The value that a condition compares with, checked for its operator."""
    if operator == "Exists":
        if value not in (None, True, False):
            raise InvalidQuery(f"{property} Exists takes True or False, not {value!r}.", property, operator)
        return value is not False
    if operator in ("In", "Between"):
        if not isinstance(value, (list, tuple)) and not _several(value):
            raise InvalidQuery(f"{property} {operator} takes a list, not {value!r}.", property, operator)
        values = [_single(property, operator, one) for one in value]
        if operator == "Between" and not (len(values) == PAIR and alike(*values)):
            raise InvalidQuery(
                f"{property} Between takes two numbers, two texts or two times, not {value!r}.", property, operator
            )
        return values
    single = _single(property, operator, value)
    if operator in ORDERED[2:6] and not alike(single, single):
        raise InvalidQuery(
            f"{property} {operator} takes a number, a text or a time, not {value!r}.", property, operator
        )
    return single


def _several(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes, Mapping))


def _single(property: str, operator: str, value: Any) -> Any:
    if property in TIMES and value is not None:
        try:
            return drafts.microseconds(value, property)
        except InvalidNode as error:
            raise InvalidQuery(str(error), property, operator) from None
    if value is None or isinstance(value, (str, int, float, list, dict, tuple)):
        return list(value) if isinstance(value, tuple) else value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise InvalidQuery(f"{property} {operator} cannot compare with {value!r}.", property, operator)


def _from_dict(given: Mapping[str, Any]) -> Filter:
    if given.keys() in WHOLE:
        return condition(given["property"], given["operator"], given.get("value"))
    joins = [name for name in given if str(name).lower() in ("and", "or", "not")]
    if joins:
        if len(given) > 1:
            raise InvalidQuery(f"{joins[0]} stands alone in its dict; put what else must hold beside it in a list.")
        name, inner = next(iter(given.items()))
        if name.lower() == "not":
            part = from_dicts(inner)
            if part is None:
                raise InvalidQuery("not needs a filter.")
            return Not(part)
        if isinstance(inner, (str, Mapping)) or not isinstance(inner, Sequence) or not inner:
            raise InvalidQuery(f"{name} takes a list of filters, not {inner!r}.")
        parts = tuple(part for part in map(from_dicts, inner) if part is not None)
        return Every(parts) if name.lower() == "and" else Either(parts)
    raise InvalidQuery(
        f"A filter is a dict of property, operator and value, or of and, or or not; this is {dict(given)!r}.",
        str(given.get("property", "")), str(given.get("operator", "")),
    )  # fmt: skip
