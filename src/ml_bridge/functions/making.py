"""From what a user registers to a function that can be called: how it is checked, where it runs, how long it takes."""

from __future__ import annotations

import inspect
import itertools
import threading
from collections.abc import Callable
from typing import Any

from ml_bridge.builtin.context import BuiltinRunner
from ml_bridge.builtin.functions import Builtin
from ml_bridge.config import Configuration
from ml_bridge.errors import FunctionInvalid
from ml_bridge.functions.batches import InPieces
from ml_bridge.functions.inline import InlineRunner
from ml_bridge.functions.modules import CodeCache
from ml_bridge.functions.registry import Checks, Function, Runner
from ml_bridge.functions.schemas import SchemaPair
from ml_bridge.functions.signatures import Signature
from ml_bridge.functions.spec import FunctionSpec
from ml_bridge.models.manager import ModelManager
from ml_bridge.native import hash_bytes
from ml_bridge.workers.pool import WorkerPool
from ml_bridge.workers.runner import WorkerRunner

Registrable = Callable[..., Any] | FunctionSpec


class Maker:
    """Makes functions that run in a pool, or here."""

    def __init__(self, pool: WorkerPool, codes: CodeCache, models: ModelManager, configuration: Configuration) -> None:
        self._pool = pool
        self._codes = codes
        self._models = models
        self._configuration = configuration
        self._numbers = itertools.count()

    def make(
        self, what: Registrable, *, name: str | None, timeout: float | None, inline: bool, max_batch_size: int | None
    ) -> Function:
        """Make a function. Raises FunctionInvalid."""
        if isinstance(what, FunctionSpec):
            if inline or name or timeout or max_batch_size:
                raise FunctionInvalid(
                    f"{what.name}: a FunctionSpec says itself what holds for it; it never runs inline"
                )
            checks, runner = self._of_source(what)
            return self._made(what.name, checks, runner, timeout=what.timeout, max_batch_size=what.max_batch_size)
        if not callable(what):
            raise FunctionInvalid(f"{what!r} is neither a function nor a FunctionSpec")
        name = name or str(getattr(what, "__name__", ""))
        if not name.isidentifier():
            raise FunctionInvalid(f"{name or what!r} is no name to call a function by; give one with name=")
        signature = Signature(name, what)
        if inline and (timeout is not None or inspect.iscoroutinefunction(what)):
            raise FunctionInvalid(
                f"{name}: an inline function is no coroutine and has no timeout, as nothing could end it"
            )
        return self._made(
            name,
            signature,
            InlineRunner(what) if inline else self._of_object(name, what),
            summary=(inspect.getdoc(what) or "").partition("\n")[0],
            timeout=timeout,
            inline=inline,
            max_batch_size=max_batch_size,
        )

    def built_in(self, builtin: Builtin) -> Function:
        """Make one of the functions that every runtime has."""
        function = builtin.function
        name = function.__name__
        timeout, size = self._limits(name, builtin.timeout, builtin.max_batch_size)
        return Function(
            name,
            summary=(function.__doc__ or "").partition("\n")[0],
            timeout=timeout or self._configuration.default_timeout,
            inline=False,
            max_batch_size=size,
            checks=Signature(name, function, hidden=1),
            runner=BuiltinRunner(function, self._models, self._pool, size),
        )

    def _limits(self, name: str, timeout: float | None, size: int | None) -> tuple[float | None, int | None]:
        """What the configuration says of a function has precedence over what it says itself."""
        limits = self._configuration.functions.get(name)
        if limits is None:
            return timeout, size
        return limits.timeout or timeout, limits.max_batch_size or size

    def _made(
        self,
        name: str,
        checks: Checks,
        runner: Runner,
        *,
        summary: str = "",
        timeout: float | None,
        inline: bool = False,
        max_batch_size: int | None,
    ) -> Function:
        timeout, max_batch_size = self._limits(name, timeout, max_batch_size)
        if timeout is not None and not timeout > 0:
            raise FunctionInvalid(f"{name}: its timeout must be more than zero seconds, and is {timeout!r}")
        if max_batch_size is not None and max_batch_size < 1:
            raise FunctionInvalid(f"{name}: its max_batch_size must be at least 1, and is {max_batch_size!r}")
        if max_batch_size is not None and checks.first is not None:
            runner = InPieces(runner, checks.first, max_batch_size)
        limit = None if inline else timeout or self._configuration.default_timeout
        return Function(name, summary, limit, inline, max_batch_size, checks, runner)

    def _of_source(self, spec: FunctionSpec) -> tuple[Checks, Runner]:
        digest = hash_bytes(spec.code.encode()).hex()
        code = self._codes.get((spec.module, digest), spec.code)
        if spec.name not in code.co_names:
            raise FunctionInvalid(f"{spec.module}: its code defines no {spec.name}")
        recipe = ("source", (spec.module, digest, spec.code, spec.name))
        runner = WorkerRunner(
            self._pool, f"{spec.module}:{digest}:{spec.name}", lambda: recipe, lambda hit: self._codes.count(hit=hit)
        )
        return SchemaPair(spec.name, spec.input_schema, spec.output_schema), runner

    def _of_object(self, name: str, function: Callable[..., Any]) -> Runner:
        return WorkerRunner(self._pool, f"{name}#{next(self._numbers)}", _Pickled(function))


class _Pickled:
    """A function object, pickled when a worker first needs it: by then all that its module defines is there."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._data: bytes | None = None
        self._lock = threading.Lock()

    def __call__(self) -> tuple[str, object]:
        import cloudpickle  # noqa: PLC0415 - only when a worker is needed

        with self._lock:
            if self._data is None:
                self._data = cloudpickle.dumps(self._function, 5)
            return "pickled", self._data
