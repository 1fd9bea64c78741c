"""Whether arguments and results are what a function takes and gives, by its type hints.

pydantic checks and converts, as it does everywhere: a list becomes a tuple where one is asked for, "5" becomes 5
where a number is. What has no hint is taken as it is. numpy arrays are checked for being arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NotRequired, Required, get_origin, get_type_hints

from pydantic import ConfigDict, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from ml_bridge.errors import FunctionInvalid, InputInvalid, OutputInvalid

MOST_PROBLEMS = 3
ARBITRARY = ConfigDict(arbitrary_types_allowed=True)


class Signature:
    """The parameters and the result of a function. Raises :class:`FunctionInvalid` for one that names cannot call."""

    def __init__(self, name: str, function: Callable[..., Any], hidden: int = 0) -> None:
        """``hidden`` is how many first parameters the caller does not give."""
        self._name = name
        try:
            parameters = list(inspect.signature(function).parameters.values())[hidden:]
        except (TypeError, ValueError) as error:
            raise FunctionInvalid(f"{name}: its parameters cannot be read ({error}); wrap it in a def") from error
        try:
            hints = get_type_hints(function, include_extras=True)
        except (NameError, TypeError, AttributeError) as error:
            raise FunctionInvalid(f"{name}: its type hints cannot be read ({error})") from error
        self.first = next((parameter.name for parameter in parameters), None)
        self._arguments = _arguments(name, parameters, hints)
        self._result = _adapter(hints["return"]) if "return" in hints else None

    def accept(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the function takes them."""
        try:
            accepted: dict[str, Any] = self._arguments.validate_python(arguments)
        except ValidationError as error:
            message, path = _told(error)
            raise InputInvalid(f"{self._name} does not take these arguments: {message}", path) from None
        return accepted

    def give(self, result: Any) -> Any:
        """Return the result as the function promised it."""
        if self._result is None:
            return result
        try:
            return self._result.validate_python(result)
        except ValidationError as error:
            message, path = _told(error)
            raise OutputInvalid(f"{self._name} returned something else than it says: {message}", path) from None


def _arguments(name: str, parameters: list[inspect.Parameter], hints: dict[str, Any]) -> TypeAdapter[Any]:
    fields: dict[str, Any] = {}
    extra = False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            extra = True
        elif parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            raise FunctionInvalid(
                f"{name}: its parameter {parameter.name} has no name for callers; arguments go by name"
            )
        else:
            hint = hints.get(parameter.name, Any)
            needed = parameter.default is parameter.empty
            fields[parameter.name] = Required[_checkable(hint)] if needed else NotRequired[_checkable(hint)]
    make: Any = TypedDict  # from what the function says, which no type checker knows
    shape = make("Arguments", fields)
    shape.__pydantic_config__ = ConfigDict(extra="allow" if extra else "forbid", arbitrary_types_allowed=True)
    return TypeAdapter(shape)


def _checkable(hint: Any) -> Any:
    """The hint, or its plain class where pydantic has no way to look inside (``NDArray[float32]``), or anything."""
    for attempt in (hint, get_origin(hint)):
        try:
            _plain_adapter(attempt)
        except PydanticSchemaGenerationError:
            continue
        if attempt is not None or hint is None:
            return attempt
    return Any


def _plain_adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ARBITRARY)
    except PydanticUserError as error:
        if error.code == "type-adapter-config-unused":  # a model brings its own configuration
            return TypeAdapter(hint)
        raise


def _adapter(hint: Any) -> TypeAdapter[Any] | None:
    checkable = _checkable(hint)
    return None if checkable is Any else _plain_adapter(checkable)


def _told(error: ValidationError) -> tuple[str, str]:
    """What is wrong, in a sentence, and the path of the first thing that is."""
    problems = error.errors(include_url=False, include_context=False)
    said = []
    for problem in problems[:MOST_PROBLEMS]:
        path = ".".join(str(step) for step in problem["loc"])
        given = "" if problem["type"] == "missing" else f", and is {_short(problem['input'])}"
        said.append(f"{path}: {problem['msg']}{given}" if path else f"{problem['msg']}{given}")
    if len(problems) > MOST_PROBLEMS:
        said.append(f"and {len(problems) - MOST_PROBLEMS} more")
    return "; ".join(said), ".".join(str(step) for step in problems[0]["loc"])


def _short(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) < 60 else text[:57] + '...'} ({type(value).__name__})"
