"""What a built-in function may use, and how it is run: in the thread that called, with models and workers at hand."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml_bridge.calls import Call
from ml_bridge.models.manager import ModelManager
from ml_bridge.workers.pool import WorkerPool
from ml_bridge.workers.runner import WorkerRunner


@dataclass(frozen=True, slots=True)
class Context:
    """One call of a built-in function."""

    call: Call
    models: ModelManager
    pool: WorkerPool
    batch_size: int | None

    def in_worker(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """Run a function of this package in a worker: what reads texts of any kind can then be ended."""
        key = f"{function.__module__}.{function.__qualname__}"
        return WorkerRunner(self.pool, key, lambda: ("pickled", pickle.dumps(function))).run(self.call, arguments)

    def model(self, kind: str, name: str, **arguments: Any) -> Any:
        """Call a model in its process."""
        return self.models.run(self.call, kind, name, arguments)


class BuiltinRunner:
    """Runs a built-in function; what it starts has the deadline of the call."""

    def __init__(
        self, function: Callable[..., Any], models: ModelManager, pool: WorkerPool, batch_size: int | None
    ) -> None:
        self._function = function
        self._models = models
        self._pool = pool
        self._batch_size = batch_size

    def run(self, call: Call, arguments: dict[str, Any]) -> Any:
        """Return what the function returns."""
        start = time.perf_counter()
        try:
            return self._function(Context(call, self._models, self._pool, self._batch_size), **arguments)
        finally:
            if not call.run_seconds:  # no worker was asked: the work was done here
                call.run_seconds = time.perf_counter() - start
