"""Several workers and the calls that wait for one: first come, first served, and only so many.

A worker that becomes free is handed to whoever has waited longest. A worker that died leaves its place, and the next
in line may start another. So a queue never stands still because workers die.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import Literal

from ml_bridge.calls import Call
from ml_bridge.errors import Cancelled, ContextNotInitialised, Overloaded, ShuttingDown
from ml_bridge.workers.options import WorkerOptions
from ml_bridge.workers.process import WorkerProcess
from ml_bridge.workers.supervisor import Supervisor

News = WorkerProcess | Literal["start", "cancelled", "closed"]
Waiter = queue.SimpleQueue[News]


class WorkerPool:
    """At most ``size`` workers with one setup, and at most ``queue_limit`` calls that wait for one."""

    def __init__(self, supervisor: Supervisor, options: WorkerOptions, size: int, queue_limit: int) -> None:
        self._supervisor = supervisor
        self.options = options
        self.size = size
        self.queue_limit = queue_limit
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._places = 0
        self._waiters: deque[Waiter] = deque()
        self._closed = False

    def lease(self, call: Call) -> WorkerProcess:
        """Return a worker for one call, waiting for it if need be; :meth:`release` or :meth:`discard` it afterwards.

        Raises:
            Overloaded: too many wait already.
            TimedOut, Cancelled, ShuttingDown: it came to that first.
        """
        with self._lock:
            if self._closed:
                raise ShuttingDown(f"{call.name} was not started: its runtime was closed; make another")
            if self._idle:
                worker = self._idle.pop()
                self._busy.add(worker)
                return worker
            waiter = None
            if self._places < self.size:
                self._places += 1
            elif len(self._waiters) < self.queue_limit:
                waiter = Waiter()
                self._waiters.append(waiter)
            else:
                raise Overloaded(
                    f"{call.name} was refused: {self.size} calls run and {self.queue_limit} wait already; "
                    "try again later, or raise workers or queue_limit"
                )
        return self._start(call) if waiter is None else self._wait(waiter, call)

    def release(self, worker: WorkerProcess) -> None:
        """Give back a worker that is well."""
        with self._lock:
            if self._waiters and not self._closed:
                self._waiters.popleft().put(worker)
                return
            self._busy.discard(worker)
            worker.idle_since = time.monotonic()
            self._idle.append(worker)

    def discard(self, worker: WorkerProcess) -> None:
        """Give back a worker that died or must die; its place is free."""
        worker.kill(None)
        self._supervisor.dismiss(worker)
        with self._lock:
            self._busy.discard(worker)
            self._free_place()

    def _free_place(self) -> None:
        if self._waiters:
            self._waiters.popleft().put("start")
        else:
            self._places -= 1

    def _wait(self, waiter: Waiter, call: Call) -> WorkerProcess:
        try:
            call.ended_by(lambda: waiter.put("cancelled"))
            news: News = waiter.get(timeout=call.left())
        except (queue.Empty, Cancelled, KeyboardInterrupt) as error:
            self._step_back(waiter)
            raise call.timed_out() from None if isinstance(error, queue.Empty) else error
        finally:
            call.done()
        if isinstance(news, WorkerProcess):
            with self._lock:
                self._busy.add(news)
            return news
        if news == "start":
            return self._start(call)
        self._step_back(waiter)
        if news == "closed":
            raise ShuttingDown(f"{call.name} was not started: its runtime was closed")
        raise Cancelled(call.name, "queue")

    def _step_back(self, waiter: Waiter) -> None:
        """Leave the queue; pass on what was handed over in the same moment."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                return
        while not waiter.empty():
            news = waiter.get()
            if isinstance(news, WorkerProcess):
                self.release(news)
            elif news == "start":
                with self._lock:
                    self._free_place()

    def _start(self, call: Call) -> WorkerProcess:
        """Have a worker started in the place that is ours."""
        try:
            coming = self._supervisor.start(self.options)
        except BaseException:
            with self._lock:
                self._free_place()
            raise
        try:
            worker = coming.result(call.left())  # a timeout is an OSError as well
        except OSError as error:
            if not coming.done():
                coming.add_done_callback(self._keep)
                raise call.timed_out() from None
            with self._lock:
                self._free_place()
            raise ContextNotInitialised(f"no worker can be started with {self.options.python}: {error}") from error
        except BaseException:
            coming.add_done_callback(self._keep)
            raise
        with self._lock:
            self._busy.add(worker)
        return worker

    def _keep(self, coming: Future[WorkerProcess]) -> None:
        """Who wanted this worker has given up; the next will be glad of it."""
        if coming.exception() is None:
            self.release(coming.result())
        else:
            with self._lock:
                self._free_place()

    def close(self) -> None:
        """Refuse new calls and end those that run or wait. Idle workers are left to the supervisor."""
        with self._lock:
            self._closed = True
            while self._waiters:
                self._waiters.popleft().put("closed")
            busy = list(self._busy)
        for worker in busy:
            worker.kill("closing")

    def drain(self) -> int:
        """End the idle workers, so that what they hold comes back at once; return how many there were."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._places -= len(idle)
        for worker in idle:
            worker.kill("closing")
            self._supervisor.dismiss(worker)
        return len(idle)

    def workers(self) -> list[WorkerProcess]:
        """Those there are, idle or busy."""
        with self._lock:
            return [*self._idle, *self._busy]
