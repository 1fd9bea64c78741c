"""Whether arguments and results are what a raw JSON schema says, for functions that come as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_bridge.errors import FunctionInvalid, InputInvalid, MlBridgeError, OutputInvalid


class SchemaPair:
    """The two schemas of a function; an empty one accepts everything. Numpy arrays are no JSON, and are refused."""

    first: str | None

    def __init__(self, name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        self._name = name
        self._inputs = _validator(name, "input_schema", inputs)
        self._outputs = _validator(name, "output_schema", outputs)
        self.first = next(iter(inputs.get("properties", ())), None)

    def accept(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments, if they are valid."""
        self._check(self._inputs, arguments, InputInvalid, "does not take these arguments")
        return arguments

    def give(self, result: Any) -> Any:
        """Return the result, if it is valid."""
        self._check(self._outputs, result, OutputInvalid, "returned something else than its schema says")
        return result

    def _check(self, validator: Any, value: Any, kind: type[InputInvalid | OutputInvalid], told: str) -> None:
        if validator is None:
            return
        from jsonschema.exceptions import best_match  # noqa: PLC0415 - slow to import, and mostly not needed

        problem = best_match(validator.iter_errors(value))
        if problem is not None:
            path = ".".join(str(step) for step in problem.absolute_path)
            message = problem.message if len(problem.message) < 200 else problem.message[:197] + "..."
            raise kind(f"{self._name} {told}: {path + ': ' if path else ''}{message}", path)


def _validator(name: str, key: str, schema: Mapping[str, Any]) -> Any:
    if not schema:
        return None
    from jsonschema import SchemaError  # noqa: PLC0415
    from jsonschema.validators import validator_for  # noqa: PLC0415

    kind = validator_for(schema)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as error:
        raise _invalid(name, key, error.message) from error
    return kind(schema)


def _invalid(name: str, key: str, message: str) -> MlBridgeError:
    return FunctionInvalid(f"{name}: its {key} is no valid JSON schema: {message}")
