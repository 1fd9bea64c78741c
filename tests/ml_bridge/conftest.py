"""What the tests of `ml_bridge` share: a runtime, and a way to see that a process is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_bridge import Configuration, MLRuntime
from tests.ml_bridge import workload

PATIENCE_SECONDS = 20


@pytest.fixture
def runtime() -> Iterator[MLRuntime]:
    """A runtime with two workers and every function of `workload`."""
    with MLRuntime(Configuration(workers=2)) as made:
        register_all(made)
        yield made


def register_all(runtime: MLRuntime) -> None:
    for name, function in vars(workload).items():
        if (
            callable(function)
            and getattr(function, "__module__", "") == workload.__name__
            and name[0] in "abcdefghijklmnopqrstuvwxyz"
        ):
            runtime.register(function)


def lives(pid: int) -> bool:
    """Whether a process runs; one that is dead and not buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something comes true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def number_in(path: Path) -> int:
    """The number that a worker writes into a file, as soon as it is there."""
    assert eventually(lambda: path.exists() and bool(path.read_text()))
    return int(path.read_text())
