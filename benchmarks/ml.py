"""What does isolation cost, and does a deadline end the work? Functions called through `ml_bridge` against bare means.

    python -m benchmarks ml [--calls N] [--model FOLDER]

Ratios within one run count: a worker call against a bare ``multiprocessing.Pipe`` with the same payload, a 100 MB
array against pickling it through that pipe, and ways to set a deadline against what they really stop. With ``--model``
(a folder that sentence-transformers or onnxruntime opens) also throughput against calling it in this process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import record
from ml_bridge import Configuration, MLRuntime
from ml_bridge.errors import TimedOut
from ml_bridge.models.host import open_model

PAYLOAD = {"texts": ["x" * 100] * 10}  # a kilobyte, as of a short question
ARRAY_BYTES = 100_000_000
LIMIT_SECONDS = 0.5
WORK_SECONDS = 2.0


def echo(value: Any) -> Any:
    """Return what came."""
    return value


def negative(value: Any) -> Any:
    """Return another array."""
    return np.negative(value)


def seen(array: Any) -> None:
    """Look at every page of an array: memory that nobody looks at costs nothing."""
    array[:: 4096 // array.itemsize].sum()


def work_and_write(path: str) -> None:
    """Take some time, and then do something that everybody can see."""
    until = time.monotonic() + WORK_SECONDS
    while time.monotonic() < until:
        sum(range(100_000))
    Path(path).write_text("done", encoding="utf-8")


def answer(pipe: Connection) -> None:
    """The other end of a bare pipe."""
    with suppress(EOFError):
        while True:
            pipe.send(pipe.recv())


@contextmanager
def bare_pipe() -> Iterator[Callable[[object], object]]:
    """A round trip through a process that does nothing but to send back what it receives."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    peer = multiprocessing.get_context("spawn").Process(target=answer, args=(theirs,), daemon=True)
    peer.start()
    theirs.close()

    def piped(value: object) -> object:
        ours.send(value)
        return ours.recv()

    try:
        yield piped
    finally:
        ours.close()
        peer.join()


def microseconds(call: Callable[[], object], times: int) -> float:
    """Median time of a call."""
    for _ in range(times // 10):
        call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1e6


def overhead(runtime: MLRuntime, calls: int) -> dict[str, float]:
    """An inline call; a worker call and a bare pipe, in turns."""
    rounds = []
    with bare_pipe() as piped:
        for _ in range(5):
            worker = microseconds(lambda: runtime.call("echo", {"value": PAYLOAD}), calls)
            rounds.append((worker, microseconds(lambda: piped(PAYLOAD), calls)))
    worker, pipe = sorted(rounds, key=lambda pair: pair[0] / pair[1])[len(rounds) // 2]
    inline = microseconds(lambda: runtime.call("echo_here", {"value": 1}), calls)
    return {"inline us": inline, "worker us": worker, "pipe us": pipe, "worker / pipe": worker / pipe}


def large(runtime: MLRuntime) -> dict[str, float]:
    """100 MB back and forth: the same, another array, and either pickled through a pipe."""
    with bare_pipe() as piped:
        array = np.random.default_rng(1).random(ARRAY_BYTES // 8)
        shared = microseconds(lambda: seen(runtime.call("echo", {"value": array})), 10) / 1e3
        pickled = microseconds(lambda: seen(piped(array)), 10) / 1e3
        new = microseconds(lambda: seen(runtime.call("negative", {"value": array})), 10) / 1e3
        negative = microseconds(lambda: np.negative(array), 10) / 1e3
    return {
        "array ms": shared,
        "array pickled ms": pickled,
        "pickled / shared": pickled / shared,
        "new array ms": new - negative,
        "pickled / new": pickled / (new - negative),
    }


def deadlines(runtime: MLRuntime) -> list[tuple[str, float, str]]:
    """For each way to set a deadline: when the caller had an answer, and whether the work was done all the same."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "thread, future.result(timeout)": lambda path: _by_executor(ThreadPoolExecutor(1), path),
            "concurrent.futures process pool": lambda path: _by_executor(ProcessPoolExecutor(1), path),
            "ml_bridge": lambda path: _by_runtime(runtime, path),
        }
        for number, (name, way) in enumerate(ways.items()):
            file = Path(folder) / str(number)
            waited = way(str(file))
            time.sleep(WORK_SECONDS + 1)
            rows.append((name, waited, "no, it went on" if file.exists() else "yes"))
    return rows


def _by_executor(executor: ThreadPoolExecutor | ProcessPoolExecutor, path: str) -> float:
    executor.submit(echo, 1).result()
    start = time.perf_counter()
    future: Future[None] = executor.submit(work_and_write, path)
    with suppress(TimeoutError):
        future.result(LIMIT_SECONDS)
    waited = time.perf_counter() - start
    executor.shutdown(wait=False, cancel_futures=True)
    return waited


def _by_runtime(runtime: MLRuntime, path: str) -> float:
    runtime.call("echo", {"value": 1})
    start = time.perf_counter()
    with suppress(TimedOut):
        runtime.call("work_and_write", {"path": path}, timeout=LIMIT_SECONDS)
    return time.perf_counter() - start


def held() -> dict[str, int]:
    """What this process holds: memory, descriptors, mapped memory files."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "memory KB": pages * os.sysconf("SC_PAGE_SIZE") // 1000,
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "memory files": Path("/proc/self/maps").read_text(encoding="ascii").count("/memfd:"),
    }


def endurance(runtime: MLRuntime, calls: int) -> dict[str, int]:
    """How much more is held after many calls than after a few of them; every hundredth has a large array."""
    array = np.zeros(20_000)

    def some(count: int) -> None:
        for number in range(count):
            runtime.call("echo", {"value": PAYLOAD if number % 100 else array})

    some(2000)
    worker = max(runtime.stats().workers.values())
    before = held()
    some(calls)
    grown = {f"grown {name}": after - before[name] for name, after in held().items()}
    return {
        **grown,
        "grown worker KB": (max(runtime.stats().workers.values()) - worker) // 1000,
        "worker KB": worker // 1000,
    }


def throughput(runtime: MLRuntime, folder: str) -> dict[str, float]:
    """Texts a second through the runtime beside the same batches in a process that has the model itself, in turns.

    That process has nothing else to do and is gone before the runtime's turn: two models with a pool of threads each
    would take the processors from one another.
    """
    texts = [f"how is part {number} of the connection pool kept open for later requests" for number in range(256)]
    batches = [texts[start : start + 32] for start in range(0, len(texts), 32)]
    runtime.load_model(folder, timeout=300)

    def through(batch: list[str]) -> object:
        return runtime.call("embed_texts", {"texts": batch, "model": folder}, timeout=300)

    rates: dict[str, list[float]] = {"in process": [], "runtime": [], "four callers": []}
    with ThreadPoolExecutor(4) as callers:
        for _ in range(3):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
                rates["in process"].append(other.submit(in_process, folder, batches).result())
            rates["runtime"].append(best_rate(lambda: [through(batch) for batch in batches], len(texts)))
            rates["four callers"].append(best_rate(lambda: list(callers.map(through, batches)), len(texts)))
    best = {f"{name}, texts/s": max(found) for name, found in rates.items()}
    share = best["runtime, texts/s"] / best["in process, texts/s"]
    return {**best, "runtime / in process": share, "model MB": runtime.list_models()[0].bytes / 1e6}


def in_process(folder: str, batches: list[list[str]]) -> float:
    """Texts a second without a runtime: by sentence-transformers where it is installed, else by our own network."""
    count = sum(map(len, batches))
    if find_spec("sentence_transformers") is None:
        here = open_model("embedding", folder, {"gpu": False, "gpu_memory_fraction": 0.5, "allow_downloads": False})
        return best_rate(lambda: [here(texts=batch, batch_size=32) for batch in batches], count)
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - only where it is installed

    model = SentenceTransformer(folder, device="cpu")
    return best_rate(lambda: [model.encode(batch, batch_size=32, show_progress_bar=False) for batch in batches], count)


def best_rate(work: Callable[[], object], count: int) -> float:
    """Pieces of work a second, the best of three times."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return count / min(taken)


def run(arguments: list[str]) -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ml")
    parser.add_argument("--calls", type=int, default=100_000, help="calls of the endurance run")
    parser.add_argument("--model", help="folder of an embedding model, for throughput")
    options = parser.parse_args(arguments)
    with MLRuntime(Configuration(workers=1, enable_gpu=False)) as runtime:
        for function in (echo, negative, work_and_write):
            runtime.register(function)
        runtime.register(echo, name="echo_here", inline=True)
        figures = {**overhead(runtime, 3000), **large(runtime), **endurance(runtime, options.calls)}
        if options.model:
            figures |= throughput(runtime, options.model)
        stopped = deadlines(runtime)
    print(record.table(("figure", "value"), list(figures.items())))
    print()
    print(record.table(("deadline of 0.5 s by", "answer after s", "work ended"), stopped))
    print(f"\n{record.write('ml', {'figures': figures, 'deadlines': stopped})}", file=sys.stderr)
