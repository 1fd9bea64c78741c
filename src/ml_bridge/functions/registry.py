"""Functions by name: what each takes and gives, how long it may run, and who runs it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Protocol

from ml_bridge.calls import Call
from ml_bridge.errors import FunctionNotFound


class Checks(Protocol):
    """What tells whether arguments and results are right: by type hints, or by schema."""

    first: str | None

    def accept(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the function takes them, or raise InputInvalid."""

    def give(self, result: Any) -> Any:
        """Return the result as it was promised, or raise OutputInvalid."""


class Runner(Protocol):
    """Where a function runs."""

    def run(self, call: Call, arguments: dict[str, Any]) -> Any:
        """Return its result, or raise an MlBridgeError."""


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function."""

    name: str
    summary: str
    """First line of its documentation."""
    timeout: float | None
    """Seconds; None for one that runs in the caller's process, where no deadline can end it."""
    inline: bool
    max_batch_size: int | None
    checks: Checks
    runner: Runner


class Registry:
    """Functions by name. Safe for threads; a name registered again is replaced."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}
        self._lock = threading.Lock()

    def add(self, function: Function) -> None:
        """Register, or register anew."""
        with self._lock:
            self._functions[function.name] = function

    def get(self, name: str) -> Function:
        """Return the function, or raise :class:`FunctionNotFound` with those there are."""
        function = self._functions.get(name)
        if function is None:
            known = ", ".join(sorted(self._functions)) or "none"
            raise FunctionNotFound(f"there is no function {name!r}; there are: {known}")
        return function

    def remove(self, name: str) -> None:
        """Forget a function; calls under way are not touched."""
        self.get(name)
        with self._lock:
            self._functions.pop(name, None)

    def all(self) -> list[Function]:
        """All functions, by name."""
        with self._lock:
            return sorted(self._functions.values(), key=lambda function: function.name)
