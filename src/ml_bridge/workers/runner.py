"""A function run by a pool of workers: lease one, see that it has the function, send the call, read the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ml_bridge.calls import Call
from ml_bridge.errors import (
    FunctionRaised,
    MlBridgeError,
    ModelUnavailable,
    ModuleMissing,
    OutOfMemory,
    SerializationFailed,
)
from ml_bridge.workers.pool import WorkerPool
from ml_bridge.workers.process import WorkerGone, WorkerProcess
from ml_bridge.workers.wire import CALL, FAILURE, LOAD, Packet, decode, encode


class WorkerRunner:
    """Runs one function. ``recipe`` tells a worker how to get it, and is asked for when a worker first needs it."""

    def __init__(
        self,
        pool: WorkerPool,
        key: str,
        recipe: Callable[[], tuple[str, object]],
        found: Callable[[bool], None] = lambda hit: None,
    ) -> None:
        """``found`` is told of each call whether its worker held the function already."""
        self._pool = pool
        self._key = key
        self._recipe = recipe
        self._found = found

    def run(self, call: Call, arguments: dict[str, Any]) -> Any:
        """Return what the function returns, or raise as :mod:`ml_bridge.errors` says."""
        while True:
            packet = self._encode(call, arguments)
            try:
                return self._on(self._lease(call), call, packet)
            except WorkerGone:  # it died while idle; the next one is asked
                call.check()
            finally:
                packet.drop()

    def prepare(self, call: Call) -> object:
        """See that a worker holds the function, without calling it; return what the function says of itself."""
        while True:
            try:
                worker = self._lease(call)
                if not worker.memory():  # it is just about to be gone, and would not be asked
                    self._pool.discard(worker)
                    continue
                self._on(worker, call, None)
                return worker.loaded[self._key]
            except WorkerGone:
                call.check()

    def _lease(self, call: Call) -> WorkerProcess:
        worker = self._pool.lease(call)
        now = time.monotonic()
        call.queue_seconds = now - call.started
        if worker.died_idle(now):
            self._pool.discard(worker)
            raise WorkerGone
        return worker

    def _encode(self, call: Call, arguments: dict[str, Any]) -> Packet:
        try:
            return encode(CALL, (self._key, arguments))
        except Exception as error:
            raise SerializationFailed(f"the arguments of {call.name} cannot be sent to a worker: {error}") from error

    def _on(self, worker: WorkerProcess, call: Call, packet: Packet | None) -> Any:
        well, reply = False, None
        try:
            call.ended_by(lambda: worker.kill("cancelled"))
            trouble = self._load(worker, call)
            if trouble is None and packet is not None:
                reply = worker.request(packet, call)
            well = True
        finally:
            call.done()
            if not well or worker.reason is not None:
                # What it would say next is the answer to another question, or it was cancelled in the last moment.
                self._pool.discard(worker)
                well = False
        try:
            if trouble is not None:
                raise trouble
            return None if reply is None else self._read(reply, call)
        finally:
            if well:
                self._pool.release(worker)

    def _load(self, worker: WorkerProcess, call: Call) -> MlBridgeError | None:
        """See that the worker holds the function; if it cannot, return why: the worker is well all the same."""
        held = self._key in worker.loaded
        self._found(held)
        if held:
            call.phase = "run"
            return None
        call.phase = "load"
        start = time.monotonic()
        try:
            packet = encode(LOAD, (self._key, *self._recipe()))
        except Exception as error:  # noqa: BLE001
            return SerializationFailed(f"{call.name} cannot be sent to a worker: {error}", phase="load")
        reply = worker.request(packet, call)
        call.load_seconds = time.monotonic() - start
        told = decode(reply)
        if reply.kind == FAILURE:
            return failed(call, told, worker.options.memory_limit)
        worker.loaded[self._key] = told
        call.phase = "run"
        return None

    def _read(self, reply: Packet, call: Call) -> Any:
        call.run_seconds = reply.seconds
        try:
            value = decode(reply)
        except Exception as error:
            raise SerializationFailed(f"the result of {call.name} cannot be read here: {error}", phase="run") from error
        if reply.kind == FAILURE:
            raise failed(call, value, self._pool.options.memory_limit)
        return value


def failed(call: Call, told: dict[str, Any], limit: int | None) -> MlBridgeError:
    """The error that a worker told of in texts."""
    name, phase = call.name, told["phase"]
    if told["unavailable"]:
        return ModelUnavailable(told["message"])
    if told["memory"]:
        return OutOfMemory(name, limit, phase=phase)
    if told["unserializable"]:
        return SerializationFailed(f"{name}: {told['unserializable']}", phase=phase)
    if told["module"]:
        hint = "install it where the workers' Python finds it"
        return ModuleMissing(
            f"{name} needs the module {told['module']}, which is not there; {hint}", told["module"], phase=phase
        )
    message = f"{name} raised {told['kind']}: {told['message']}"
    return FunctionRaised(message, told["kind"], told["traceback"], phase=phase)
