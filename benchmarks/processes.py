"""Runs a program and tells what it took: wall time, processor time and the most memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Taken:
    """What a program took."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str


def run(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Taken:
    """Run a Python program to its end; its own memory is counted, not that of this process.

    Raises:
        RuntimeError: it failed; the end of what it wrote is in the message.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        # `wait4` tells what this one child took; the sum over all children would mix the measurements.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {child.returncode}: {text[-2000:]}")
    return Taken(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text)


def median_seconds(arguments: Sequence[str], times: int = 5) -> float:
    """Run a program several times, and return the median of its wall times."""
    return median(run(arguments).seconds for _ in range(times))
