"""Do two threads parse two halves in little more than half the time of one, and how long does one file take?

    python -m benchmarks threads [--corpus FOLDER]

Sources are read first, then parsed from memory by Python threads, each file in a call of its own: what one thread takes
for all of them beside what two take for half of them each, in turns, the best of five. Without ``--corpus`` the
standard library of the running Python is parsed. Then a file of five hundred lines: from its path to its facts.
"""

from __future__ import annotations

import argparse
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import record
from leindex import parse_file
from leindex.leparse.languages import languages
from leindex.leparse.native import parse_source

RUNS = 5
LIMITS = {"two threads / one": 0.6, "500 lines ms": 5.0}


def _seconds(sources: Sequence[bytes], threads: int) -> float:
    """Parse all sources with so many threads, each its share."""
    native = languages()["python"].native

    def parse(share: Sequence[bytes]) -> None:
        for source in share:
            parse_source("a.py", source, native)

    workers = [threading.Thread(target=parse, args=(sources[number::threads],)) for number in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def _one_file() -> float:
    """Milliseconds from a path to the facts of five hundred lines."""
    step = "def step_{}(self, value: int) -> int:\n    return self.add(value)\n\n\n"
    code = "".join(map(step.format, range(125)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "steps.py")
        path.write_text(code, encoding="utf-8")
        taken = []
        for _ in range(100):
            start = time.perf_counter()
            parse_file(path)
            taken.append(time.perf_counter() - start)
    return 1000 * median(taken)


def run(arguments: Sequence[str]) -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks threads", description=__doc__)
    library = Path(sysconfig.get_paths()["stdlib"])
    parser.add_argument("--corpus", type=Path, default=library, help="folder of Python files")
    root = parser.parse_args(arguments).corpus
    sources = [path.read_bytes() for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts][:800]
    pairs = [(_seconds(sources, 1), _seconds(sources, 2)) for _ in range(RUNS)]
    one, two = min(first for first, _ in pairs), min(second for _, second in pairs)
    figures = {"one thread s": one, "two threads s": two, "two threads / one": two / one, "500 lines ms": _one_file()}
    print(record.table(["", "", "limit"], [[name, value, LIMITS.get(name)] for name, value in figures.items()]))
    print(f"written to {record.write('threads', figures)}")
