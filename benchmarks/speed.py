"""How long does indexing take beside bare parsing, and how long does an answer?

    python -m benchmarks speed [--corpus FOLDER] [--only NAME ...] [--runs N]

Each corpus is parsed by tree-sitter alone (bare, and tuned with the allocator that LeIndex gives it), parsed with facts
read from each tree (compared with bare parsing by time on the processor), indexed by
LeIndex in a process of its own, indexed again without a change, and asked questions. All of it runs one after the other
in the same minutes on the same cores, so ratios hold on any machine; the limits of the table are those that LeIndex
promises. Without ``--corpus`` the standard library of the running Python is measured; ``python -m benchmarks.corpus
FOLDER`` makes the others.
"""

from __future__ import annotations

import argparse
import json
import random
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import record
from benchmarks.processes import median_seconds
from benchmarks.processes import run as run_program
from leindex import LeIndex
from leindex.lepasserelle.settings import Settings
from leindex.lestockage.store import Store

CORPORA = ("python", "go", "jdk", "linux")
LIMITS = {
    "extract / parse": 1.3,
    "index / parse": 2.0,
    "peak GB": 2.0,
    "again s": 3.0,
    "look-up P95 ms": 10.0,
    "query P95 ms": 100.0,
    "import s": 0.3,
    "--help s": 0.3,
}
# Asked of every corpus: what somebody might want to know of any code.
QUESTIONS = (
    "how are connections pooled and reused",
    "parse command line arguments",
    "where is memory allocated and freed",
    "read a file line by line",
    "hash table lookup",
    "timer interrupt handler",
    "retry after a timeout",
    "thread safe queue",
    "encode and decode base64",
    "compare two version strings",
    "write a log message",
    "open a socket and accept connections",
    "sort a list in place",
    "convert a date to a string",
    "lock contention",
    "checksum of a buffer",
    "error handling when the device is not ready",
    "register a callback",
    "Buffer",
    "init",
)
LOOK_UPS = 200


def measure(root: Path, runs: int) -> dict[str, float]:
    """Take all figures of one corpus; of several runs, which alternate, the best on each side."""
    figures: dict[str, float] = {}
    bare, tuned, extracted, whole = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="leindex-bench-") as scratch:
        for number in range(runs):
            bare.append(_parse(root))
            tuned.append(_parse(root, "--tuned"))
            extracted.append(_parse(root, "--extract"))
            folder = Path(scratch, str(number))
            whole.append(_index(root, folder))
        again = _index(root, folder)
        figures["files"] = bare[0]["files"]
        figures["MB"] = bare[0]["bytes"] / 1e6
        figures["parse s"] = min(one["seconds"] for one in bare)
        figures["parse tuned s"] = min(one["seconds"] for one in tuned)
        figures["extract s"] = min(one["seconds"] for one in extracted)
        processor = [min(one["processor"] for one in side) for side in (extracted, bare, tuned)]
        figures["extract / parse"], figures["extract / tuned"] = (
            processor[0] / processor[1],
            processor[0] / processor[2],
        )
        figures["index s"] = min(seconds for seconds, _ in whole)
        figures["index / parse"] = figures["index s"] / figures["parse s"]
        figures["index / tuned"] = figures["index s"] / figures["parse tuned s"]
        figures["peak GB"] = max(peak for _, peak in whole) / 1e9
        figures["again s"] = again[0]
        figures["index MB"] = _size(folder) / 1e6
        figures |= _answers(root, folder)
    return figures


def _parse(root: Path, *options: str) -> dict[str, float]:
    figures: dict[str, float] = json.loads(run_program(["-m", "benchmarks.baseline", str(root), *options]).output)
    return figures


def _index(root: Path, folder: Path) -> tuple[float, int]:
    """Index in a process of its own: seconds of the run as it reports them, and peak bytes of the process."""
    taken = run_program(["-m", "leindex", "index", str(root), "--json"], {"LEINDEX_INDEX_DIR": str(folder)})
    return json.loads(taken.output)["seconds"], taken.peak_bytes


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _answers(root: Path, folder: Path) -> dict[str, float]:
    """Times of questions and look-ups, warm, in this process."""
    with LeIndex(root, Settings(index_dir=folder)) as index:
        index.search("warm up")
        queries = _times(index.search, QUESTIONS * 3)
        with Store.open(index.folder, root) as store:
            chosen = random.Random(1).sample(range(store.summary().symbols), k=min(LOOK_UPS, store.summary().symbols))
            symbols = store.symbols(chosen)
            asked = [name for symbol in symbols for name in (symbol.id, symbol.qualified_name)]
            look_ups = _times(store.find, asked)
    return {
        "query P50 ms": _percentile(queries, 50),
        "query P95 ms": _percentile(queries, 95),
        "look-up P50 ms": _percentile(look_ups, 50),
        "look-up P95 ms": _percentile(look_ups, 95),
    }


def _times(action: Callable[[str], object], inputs: Iterable[str]) -> list[float]:
    """Milliseconds of each call."""
    taken = []
    for each in inputs:
        start = time.perf_counter()
        action(each)
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def start_up() -> dict[str, float]:
    """Seconds until `import leindex` and `leindex --help` are done, start of Python included."""
    return {
        "python s": median_seconds(["-c", "pass"]),
        "import s": median_seconds(["-c", "import leindex"]),
        "--help s": median_seconds(["-m", "leindex", "--help"]),
    }


def run(arguments: Sequence[str]) -> None:
    """Measure, print and store."""
    options = _options(arguments)
    started = start_up()
    print("  ".join(f"{name[:-2]} {seconds:.3f} s" for name, seconds in started.items()), flush=True)
    measured: dict[str, dict[str, float]] = {}
    for name, root in _corpora(options):
        measured[name] = measure(root, options.runs)
        print(f"{name}: index / parse {measured[name]['index / parse']:.2f}", flush=True)
    print("\n" + _table(measured))
    over = [f"{name}: {figure} {value:.2f}" for name, figure, value in _over({**measured, "start": started})]
    print("\nover the limit: " + ("; ".join(over) or "nothing"))
    print(f"written to {record.write('speed', {'corpora': measured, 'start': started, 'over': over})}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks speed", description=__doc__)
    parser.add_argument("--corpus", type=Path, help=f"folder that holds {', '.join(CORPORA)}")
    parser.add_argument("--only", nargs="+", default=[], choices=CORPORA, metavar="NAME", help="these corpora")
    parser.add_argument("--runs", type=int, default=1, help="measure both sides so often and take the best")
    return parser.parse_args(arguments)


def _corpora(options: argparse.Namespace) -> list[tuple[str, Path]]:
    if options.corpus is None:
        print("no --corpus: the running Python's standard library; `python -m benchmarks.corpus FOLDER` makes others")
        return [("python", Path(sysconfig.get_paths()["stdlib"]).resolve())]
    return [
        (name, (options.corpus / name).resolve())
        for name in options.only or CORPORA
        if (options.corpus / name).exists()
    ]


def _table(measured: dict[str, dict[str, float]]) -> str:
    names = list(dict.fromkeys(figure for figures in measured.values() for figure in figures))
    rows = [[name, *(figures[name] for figures in measured.values()), LIMITS.get(name)] for name in names]
    return record.table(["", *measured, "limit"], rows)


def _over(measured: dict[str, dict[str, float]]) -> Iterable[tuple[str, str, float]]:
    for name, figures in measured.items():
        for figure, value in figures.items():
            if value > LIMITS.get(figure, float("inf")):
                yield name, figure, value
