"""One worker, as its caller sees it: a process in a session of its own, and a socket read no longer than allowed.

A worker that dies closes the socket, and the call that waits is told at once. Only if something that it started holds
the socket open does that not happen; so while a call waits it also looks at the process itself, twice a second.
"""

from __future__ import annotations

import math
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from ml_bridge.calls import Call
from ml_bridge.errors import Cancelled, MlBridgeError, OutOfMemory, ShuttingDown, WorkerCrashed
from ml_bridge.workers.options import WorkerOptions
from ml_bridge.workers.wire import Connection, Packet

BOOT = Path(__file__).with_name("boot.py")
PAGE = os.sysconf("SC_PAGE_SIZE")
GLANCE_SECONDS = 0.5
NAP_SECONDS = 0.01
LEAVING_MILLISECONDS = 50
Reason = Literal["timeout", "cancelled", "memory", "closing"]


class WorkerGone(Exception):
    """The worker died before it was asked anything: another one may be asked."""


class WorkerProcess:
    """A worker, started when this is made. One call at a time.

    The thread that makes it must live as long as the worker: the system ends the worker when that thread ends.
    """

    def __init__(self, options: WorkerOptions) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ExitStack() as on_failure, theirs:
            on_failure.callback(ours.close)
            self._process = subprocess.Popen(
                [options.python, str(BOOT), str(theirs.fileno()), *options.shown],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            on_failure.pop_all()
        self.pid = self._process.pid
        self.options = options
        self.loaded: dict[str, object] = {}
        """What the functions that it holds say of themselves, by their keys."""
        self.reason: Reason | None = None
        """Why we ended it, if we did."""
        self.idle_since = math.inf
        self._connection = Connection(ours)
        self._pidfd = os.pidfd_open(self.pid)
        self._death = select.poll()
        self._death.register(self._pidfd, select.POLLIN)
        with suppress(BrokenPipeError):  # it died at once: the first call is told
            ours.send(pickle.dumps({**asdict(options), "path": sys.path, "parent": os.getpid()}))

    def request(self, packet: Packet, call: Call) -> Packet:
        """Send a packet and wait for the answer, no longer than the call may take.

        Raises:
            WorkerGone: nothing was sent, as there is no worker any more.
            MlBridgeError: the deadline passed, the call was cancelled, or the worker died; it is dead then.
        """
        try:
            self._connection.send(packet)
        except ConnectionError as error:
            if self.loaded:
                raise WorkerGone from error
            raise self._ended(call) from error  # it never came up, and neither would the next one
        while True:
            left = call.left()
            try:
                reply = self._connection.receive(GLANCE_SECONDS if left is None or left > GLANCE_SECONDS else left)
            except BlockingIOError:
                if call.ends is not None and time.monotonic() >= call.ends:
                    self.kill("timeout")
                    raise call.timed_out() from None
                if self._dead(0):
                    raise self._ended(call) from None
                continue
            if reply is None:
                raise self._ended(call)
            return reply

    def _dead(self, milliseconds: int) -> bool:
        """Whether it died, waiting for that a little. It is not buried yet, so its number is still its own."""
        return bool(self._death.poll(milliseconds))

    def _ended(self, call: Call) -> MlBridgeError:
        """Why there will be no answer."""
        self._dead(LEAVING_MILLISECONDS)  # a worker whose socket is closed is mostly just about to be gone
        self.kill(None)  # what it had started must not outlive it
        status = self._process.wait()
        if self.reason == "memory":
            return OutOfMemory(call.name, self.options.memory_limit, phase=call.phase)
        if self.reason == "cancelled":
            return Cancelled(call.name, call.phase)
        if self.reason == "closing":
            return ShuttingDown(f"{call.name} was stopped: its runtime is being closed", phase=call.phase)
        return WorkerCrashed(call.name, status, call.phase)

    def kill(self, reason: Reason | None) -> None:
        """End the worker and all that it started, at once. It is safe to do so from any thread, and twice."""
        if self.reason is None:
            self.reason = reason
        if self._process.returncode is not None:
            return
        family = descendants(self.pid)  # those that left the process group as well
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def died_idle(self, now: float) -> bool:
        """Whether it died while it was idle; what was busy a moment ago is not asked."""
        return now - self.idle_since > NAP_SECONDS and self._dead(0)

    def hang_up(self) -> None:
        """Tell an idle worker that there is no more to do; it leaves by itself."""
        self._connection.close()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False if it lives on."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def bury(self) -> bool:
        """Let go of what belongs to a dead worker; False if it is not dead yet."""
        if self._process.poll() is None:
            return False
        self._connection.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        return True

    def status(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it lives."""
        return self._process.returncode

    def memory(self) -> int:
        """Bytes that it holds in memory now; zero if it is gone."""
        return resident(self.pid)


def resident(pid: int) -> int:
    """Bytes that a process holds in memory; zero if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def private(pid: int) -> int:
    """Bytes of memory that a process holds and that lie in no file, so that the system cannot take them back."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def descendants(pid: int) -> list[int]:
    """Processes that a process started, and that those started; empty where the system does not tell."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found
