"""What can go wrong between a program and its functions and models, drawn as one small tree.

    MlBridgeError
    ├── FunctionNotFound      no function has that name
    ├── FunctionInvalid       what was registered cannot be a function: syntax, signature, schema
    ├── InputInvalid          the arguments are not what the function takes
    ├── OutputInvalid         the result is not what the function promised
    ├── SerializationFailed   arguments or result cannot cross to or from a worker
    ├── ModuleMissing         the code imports what is not installed
    ├── FunctionRaised        the function itself failed; its traceback is attached
    ├── TimedOut              the deadline came first, and the work was ended
    ├── Cancelled             the caller no longer wants the result, and the work was ended
    ├── WorkerCrashed         the process died: a signal, or an exit of its own
    ├── OutOfMemory           the worker reached its memory limit
    ├── Overloaded            the queue is full
    ├── ModelUnavailable      a model's files or its packages are missing, unreadable or not what they should be
    ├── SettingInvalid        a configuration file or variable says what cannot be
    ├── ContextNotInitialised the runtime belongs to another process
    └── ShuttingDown          the runtime was closed

Each has a ``code`` that never changes, says whether trying again may help (``retryable``), and in which ``phase`` of a
call it arose: ``queue`` (before a worker had it), ``load`` (while worker, code or model were being made ready),
``run``. A text without a known word is no error: its vector is zeros.
"""

from __future__ import annotations

import signal
from typing import ClassVar, Literal

Phase = Literal["queue", "load", "run"]


class MlBridgeError(Exception):
    """Anything that this package says on purpose; the message is one for people."""

    code: ClassVar[str] = "ml_bridge"
    retryable: ClassVar[bool] = False
    phase: Phase = "queue"

    def __init__(self, message: str, *, phase: Phase | None = None) -> None:
        super().__init__(message)
        if phase is not None:
            self.phase = phase


class FunctionNotFound(MlBridgeError):
    """No function is registered under the name."""

    code = "function_not_found"


class FunctionInvalid(MlBridgeError):
    """What was to be registered cannot be called; ``line`` and ``column`` say where the source is wrong."""

    code = "function_invalid"

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class InputInvalid(MlBridgeError):
    """An argument is not what the function takes; ``path`` leads to it, such as ``texts.1``."""

    code = "input_invalid"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class OutputInvalid(MlBridgeError):
    """The function returned something else than it promised; ``path`` leads to it."""

    code = "output_invalid"
    phase = "run"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class SerializationFailed(MlBridgeError):
    """A value cannot be sent to another process, or not be read there."""

    code = "serialization"


class ModuleMissing(MlBridgeError):
    """The code of a function imports a module that is not there; ``module`` is its name."""

    code = "module_not_found"
    phase = "load"

    def __init__(self, message: str, module: str = "", *, phase: Phase | None = None) -> None:
        super().__init__(message, phase=phase)
        self.module = module


class FunctionRaised(MlBridgeError):
    """The function raised: ``kind`` names the exception's class, ``remote_traceback`` is what Python would show."""

    code = "function_raised"
    phase = "run"

    def __init__(self, message: str, kind: str, remote_traceback: str, *, phase: Phase | None = None) -> None:
        super().__init__(message, phase=phase)
        self.kind = kind
        self.remote_traceback = remote_traceback
        self.add_note(remote_traceback.rstrip())


class TimedOut(MlBridgeError, TimeoutError):
    """The deadline of ``limit`` seconds passed, and whatever was under way has been ended."""

    code = "timeout"
    retryable = True

    def __init__(self, name: str, limit: float, elapsed: float, phase: Phase) -> None:
        during = {"queue": "waiting for a worker", "load": "making it ready", "run": "running"}[phase]
        super().__init__(
            f"{name} was stopped after {elapsed:.3f} s, while {during}; its limit is {limit:g} s", phase=phase
        )
        self.limit = limit
        self.elapsed = elapsed


class Cancelled(MlBridgeError):
    """The caller gave the call up."""

    code = "cancelled"

    def __init__(self, name: str, phase: Phase) -> None:
        super().__init__(f"{name} was cancelled by its caller", phase=phase)


class WorkerCrashed(MlBridgeError):
    """The worker process died under the call; ``signal`` or ``exit_code`` says how."""

    code = "worker_crashed"
    retryable = True

    def __init__(self, name: str, status: int, phase: Phase) -> None:
        self.signal = signal.Signals(-status) if status < 0 else None
        self.exit_code = status if status >= 0 else None
        how = f"killed by {self.signal.name}" if self.signal else f"it left with exit code {status}"
        hint = ""
        if self.signal is signal.SIGKILL:
            hint = "; nobody here sent it: often the system is out of memory"
        super().__init__(f"the worker of {name} died ({how}){hint}. Other calls go on.", phase=phase)


class OutOfMemory(MlBridgeError):
    """The worker wanted more memory than ``limit`` bytes."""

    code = "out_of_memory"
    phase = "run"

    def __init__(self, name: str, limit: int | None, *, phase: Phase | None = None) -> None:
        allowed = f"its limit of {limit / 1e6:.0f} MB" if limit else "what the machine has"
        super().__init__(
            f"{name} wanted more memory than {allowed}; give it less at once, or raise memory_limit", phase=phase
        )
        self.limit = limit


class Overloaded(MlBridgeError):
    """Too many calls wait already."""

    code = "overloaded"
    retryable = True


class ModelUnavailable(MlBridgeError):
    """A model cannot be used; the message says why and what to do."""

    code = "model_unavailable"
    phase = "load"


class SettingInvalid(MlBridgeError):
    """A setting that does not exist, or has a value it cannot have."""

    code = "setting_invalid"


class ContextNotInitialised(MlBridgeError):
    """A runtime is used in a process that did not make it, after a fork."""

    code = "context_not_initialised"


class ShuttingDown(MlBridgeError):
    """The runtime was closed."""

    code = "shutting_down"
