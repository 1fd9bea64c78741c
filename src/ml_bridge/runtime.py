"""The door of this package: register a function, call it, and have it over when its time is over.

A runtime leads a registry (what there is), a pool of workers (where it runs) and counters (what happened). It starts
nothing before the first call that needs a worker.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Self, TypeVar, overload

from ml_bridge import log
from ml_bridge.builtin.functions import BUILTINS
from ml_bridge.calls import Call, CallFuture
from ml_bridge.config import Configuration
from ml_bridge.errors import ContextNotInitialised, InputInvalid, MlBridgeError, Overloaded, ShuttingDown
from ml_bridge.functions.making import Maker, Registrable
from ml_bridge.functions.modules import CodeCache
from ml_bridge.functions.registry import Function, Registry
from ml_bridge.models.catalogue import ModelType
from ml_bridge.models.manager import ModelInfo, ModelManager
from ml_bridge.stats import Counters, RuntimeStats
from ml_bridge.workers.options import WorkerOptions
from ml_bridge.workers.pool import WorkerPool
from ml_bridge.workers.supervisor import Supervisor

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class MLRuntime:
    """Registers functions and calls them in processes of their own, each with a deadline that ends the work.

    Safe for threads. Close it, or use it as a context manager; what is forgotten is closed when the program ends.
    """

    _default: ClassVar[MLRuntime | None] = None
    _default_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, configuration: Configuration | None = None) -> None:
        self.configuration = configuration or Configuration()
        self._process = os.getpid()
        self._closed = False
        self._supervisor = Supervisor()
        self._pool = WorkerPool(
            self._supervisor, options_of(self.configuration), self.configuration.workers, self.configuration.queue_limit
        )
        self._models = ModelManager(self._supervisor, self._pool.options, self.configuration)
        self._supervisor.also(self._models.expire)
        self._codes = CodeCache()
        self._registry = Registry()
        self._maker = Maker(self._pool, self._codes, self._models, self.configuration)
        self._counters = Counters()
        for builtin in BUILTINS:
            self._registry.add(self._maker.built_in(builtin))
        under_way = self._pool.size + self._pool.queue_limit
        self._slots = threading.BoundedSemaphore(under_way)
        # For calls whose callers do not wait; it starts threads as calls come.
        self._threads = ThreadPoolExecutor(under_way, thread_name_prefix="ml_bridge-call")
        self._finalizer = weakref.finalize(self, _close, self._pool, self._models, self._supervisor)

    @classmethod
    def default(cls) -> MLRuntime:
        """Return the runtime that this process shares, made when it is first asked for."""
        with cls._default_lock:
            if cls._default is None or cls._default._closed or cls._default._process != os.getpid():
                cls._default = cls()
            return cls._default

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What there is

    def register(
        self,
        function: Registrable,
        *,
        name: str | None = None,
        timeout: float | None = None,
        inline: bool = False,
        max_batch_size: int | None = None,
    ) -> Function:
        """Make a function callable by name: a Python function, or a :class:`FunctionSpec` with its source text.

        ``timeout`` is in seconds. An ``inline`` one runs in this process: for what is trusted and takes no time,
        because nothing can end it. Longer lists in the first parameter than ``max_batch_size`` are worked off in
        pieces.

        Raises:
            FunctionInvalid: it does not compile, or its parameters, schema or limits cannot be.
        """
        made = self._maker.make(function, name=name, timeout=timeout, inline=inline, max_batch_size=max_batch_size)
        self._registry.add(made)
        return made

    @overload
    def function(self, function: F) -> F: ...
    @overload
    def function(self, **options: Any) -> Callable[[F], F]: ...
    def function(self, function: Any = None, **options: Any) -> Any:
        """Register by decorator, ``@runtime.function`` or ``@runtime.function(timeout=2)``; nothing else changes."""

        def registered(own: F) -> F:
            self.register(own, **options)
            return own

        return registered if function is None else registered(function)

    def unregister(self, name: str) -> None:
        """Forget a function. Raises FunctionNotFound."""
        self._registry.remove(name)

    def get_function(self, name: str) -> Function:
        """Return what is known of a function. Raises FunctionNotFound."""
        return self._registry.get(name)

    def list_functions(self) -> list[Function]:
        """Return all functions, by name."""
        return self._registry.all()

    # Calls

    def call(self, name: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Any:
        """Call a function and return its result. ``timeout`` (seconds) replaces the function's own.

        Raises:
            MlBridgeError: one of its kinds, see :mod:`ml_bridge.errors`; never is an error returned.
        """
        function, call = self._begin(name, timeout)
        return self._finish(function, call, self._accept(function, call, arguments))

    async def acall(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Any:
        """Call a function without blocking the event loop. Cancelling the awaiting task ends the work."""
        if self._registry.get(name).inline:
            return self.call(name, arguments, timeout=timeout)
        return await asyncio.wrap_future(self.submit(name, arguments, timeout=timeout))

    def submit(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> CallFuture:
        """Start a call and return its future; ``future.cancel()`` ends the work. Its deadline runs from now on.

        Raises:
            InputInvalid, FunctionNotFound, Overloaded: at once; all else comes with the future.
        """
        function, call = self._begin(name, timeout)
        values = self._accept(function, call, arguments)
        future = CallFuture(call)
        try:
            self._enqueue(future, function, values)
        except MlBridgeError as error:
            self._count(call, error)
            raise
        return future

    def _enqueue(self, future: CallFuture, function: Function, values: dict[str, Any]) -> None:
        name = function.name
        if not self._slots.acquire(blocking=False):
            limit = self._pool.size + self._pool.queue_limit
            raise Overloaded(f"{name} was refused: {limit} calls are under way; try again later")
        try:
            self._threads.submit(self._fulfil, future, function, values)
        except RuntimeError as error:
            self._slots.release()
            raise ShuttingDown(f"{name} was not started: its runtime was closed") from error

    def map(self, name: str, many: Iterable[Mapping[str, Any]], *, timeout: float | None = None) -> Iterator[Any]:
        """Call a function for each of many arguments; results come in order, a few calls run ahead.

        The first error ends the iteration, and the calls that are under way.
        """
        ahead: deque[CallFuture] = deque()
        try:
            for arguments in many:
                ahead.append(self.submit(name, arguments, timeout=timeout))
                if len(ahead) > min(2 * self._pool.size, self._pool.size + self._pool.queue_limit - 1):
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()

    # Models

    def load_model(
        self,
        name_or_path: str,
        type: ModelType = "embedding",
        *,
        force_reload: bool = False,
        pin: bool = False,
        timeout: float | None = None,
    ) -> ModelInfo:
        """Load a model into a process of its own, and return what it is. A pinned one is never unloaded to make room.

        Raises:
            ModelUnavailable: its package, file or folder is missing or damaged; the message says what to install or
            check.
        """
        call = self._begin("load_model", timeout)[1]
        return self._counted(call, lambda: self._models.load(call, type, name_or_path, reload=force_reload, pin=pin))

    def ensure_loaded(
        self, name_or_path: str, type: ModelType = "embedding", *, timeout: float | None = None
    ) -> ModelInfo:
        """Load a model if it is not loaded; concurrent calls load it once."""
        call = self._begin("load_model", timeout)[1]
        return self._counted(call, lambda: self._models.load(call, type, name_or_path))

    def list_models(self) -> list[ModelInfo]:
        """Return the loaded models, read off the processes that live; the most recently used first."""
        return self._models.loaded()

    def clear_cache(self, model: str | None = None) -> list[str]:
        """Unload a model, or all that are not pinned and not in use; return the names of those that were loaded."""
        return self._models.clear(model)

    # What happened

    def stats(self) -> RuntimeStats:
        """Return what happened so far, and which workers there are."""
        workers = {worker.pid: worker.memory() for worker in self._supervisor.workers()}
        return RuntimeStats(self._counters.by_function(), self._codes.hits, self._codes.misses, workers)

    def close(self) -> None:
        """End all work and all workers. Calls under way, and those that come later, raise ShuttingDown."""
        self._closed = True
        self._finalizer()
        self._threads.shutdown()

    def _begin(self, name: str, timeout: float | None) -> tuple[Function, Call]:
        if os.getpid() != self._process:
            raise ContextNotInitialised(f"this runtime belongs to process {self._process}; make one after the fork")
        function = self._registry.get(name)
        if timeout is not None and function.inline:
            raise InputInvalid(f"{name} runs in this process, where no timeout can end it; register it without inline")
        if timeout is not None and not timeout > 0:
            raise InputInvalid(f"the timeout of {name} must be more than zero seconds, and is {timeout!r}")
        return function, Call(name, timeout or function.timeout)

    def _accept(self, function: Function, call: Call, arguments: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            return function.checks.accept(dict(arguments or {}))
        except MlBridgeError as error:
            self._count(call, error)
            raise

    def _finish(self, function: Function, call: Call, values: dict[str, Any]) -> Any:
        return self._counted(call, lambda: function.checks.give(function.runner.run(call, values)))

    def _counted(self, call: Call, work: Callable[[], T]) -> T:
        try:
            if self._closed:
                raise ShuttingDown(f"{call.name} was not started: its runtime was closed; make another")
            result = work()
        except MlBridgeError as error:
            self._count(call, error)
            raise
        self._count(call)
        return result

    def _count(self, call: Call, error: MlBridgeError | None = None) -> None:
        total = time.monotonic() - call.started
        self._counters.add(call, total, None if error is None else error.code)
        if error is not None:
            log.info("call failed", function=call.name, code=error.code, phase=error.phase, total=total)
        elif log.told_all():
            log.debug(
                "call",
                function=call.name,
                queue=call.queue_seconds,
                load=call.load_seconds,
                run=call.run_seconds,
                total=total,
                batches=call.batches,
                items=call.items,
                tokens=call.tokens,
            )

    def _fulfil(self, future: CallFuture, function: Function, values: dict[str, Any]) -> None:
        try:
            if future.set_running_or_notify_cancel():
                future.set_result(self._finish(function, future.call, values))
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            future.set_exception(error)
        finally:
            self._slots.release()


def options_of(configuration: Configuration) -> WorkerOptions:
    """What the workers of a runtime are told."""
    return WorkerOptions(
        python=configuration.python_path,
        memory_limit=configuration.memory_limit,
        enable_gc=configuration.enable_gc,
        gc_interval=configuration.gc_interval if configuration.enable_gc else None,
    )


def _close(pool: WorkerPool, models: ModelManager, supervisor: Supervisor) -> None:
    pool.close()
    models.close()
    supervisor.close()
