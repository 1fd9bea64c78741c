"""Is the memory exact, fast and right, beside what people would use instead? The suite of `embedded_db`.

    python -m benchmarks memory [filter | converged | writes | locomo ...] [--rivals PYTHON] [--sizes N ...]
        [--locomo FILE] [--models FOLDER ...]

``filter``: nearest vectors behind a filter, over selectivity × correlation, beside eight stores. ``converged``: filter,
graph and meaning in one query, beside SQLite with numpy, DuckDB and Kùzu; ``--messages`` says how large, and with a
million only ours is asked. ``writes``: durable inserts, bulk, enrichment, opening, reading. ``locomo``: recall of
evidence in long chats. Rivals run in the environment of ``--rivals``; those that are not installed there are named with
what to install.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.memory import contest, converged, filtered, locomo, writes
from benchmarks.memory.vectors import Filter

PARTS = ("filter", "converged", "writes", "locomo")
ALONE_FROM = 500_000
"""Messages from which on rivals are left out: they take minutes to fill."""


def run(arguments: Sequence[str]) -> None:
    """Measure the parts that are asked for, print, and keep the figures."""
    options = _options(arguments)
    if "locomo" in options.parts and options.locomo is None:
        sys.exit("locomo needs --locomo FILE: data/locomo10.json of the public repository snap-research/locomo")
    figures: dict[str, Any] = {}
    for part in options.parts:
        figures[part] = globals()[f"_{part}"](options)
    print(f"\nwritten to {record.write('memory', figures)}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: filter, converged and writes")
    parser.add_argument("--rivals", default=sys.executable, metavar="PYTHON", help="interpreter that has the rivals")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these contestants")
    parser.add_argument("--vectors", type=int, nargs="+", default=[20_000], help="sizes of the filter benchmark")
    parser.add_argument("--messages", type=int, nargs="+", default=[50_000], help="sizes of the converged query")
    parser.add_argument("--large", type=Path, metavar="FILE", help="a large database whose opening is timed")
    parser.add_argument(
        "--locomo", type=Path, nargs="+", metavar="FILE", help="locomo10.json, REALTALK's folder of chats, or both"
    )
    parser.add_argument("--models", nargs="+", default=[], metavar="FOLDER", help="embedding models to try as well")
    options = parser.parse_args(arguments)
    options.parts = options.parts or ["filter", "converged", "writes"]
    return options


def _enter(options: argparse.Namespace, part: str, module: str, folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """Let contestants do a part one after the other; say of those that cannot why."""
    found: dict[str, Any] = {}
    for name in names:
        if options.only and name not in options.only:
            continue
        told = contest.enter(module, name, folder, sys.executable if name == contest.OURS else options.rivals)
        if isinstance(told, str):
            print(f"{part}: {name} {told}", flush=True)
        else:
            found[name] = told
            print(f"{part}: {name} loaded in {told['load']:.1f} s", flush=True)
    return found


def _filter(options: argparse.Namespace) -> dict[str, Any]:
    results = {}
    for count in options.vectors:
        with tempfile.TemporaryDirectory(prefix="leindex-memory-") as folder:
            cells = filtered.prepare(count, Path(folder))
            names = [contest.OURS, *contest.rivals("Filtered")]
            found = _enter(options, f"{count:,} vectors", "filtered", Path(folder), names)
        print(f"\n{count:,} vectors: recall@10 (share of short answers), and P50 in ms\n{_cells(cells, found)}\n")
        results[str(count)] = found
    return results


def _cells(cells: Sequence[Filter], found: dict[str, Any]) -> str:
    rows = []
    for place, cell in enumerate(cells):
        row: list[object] = [f"{cell.selectivity:.1%} {cell.correlation}"]
        for figures in found.values():
            one = figures["cells"][place]
            short = f" ({one['short']:.2f})" if one["short"] else ""
            row.append(f"{one['recall']:.2f}{short} {one['p50']:.2f}")
        rows.append(row)
    return record.table(["filter", *found], rows)


def _converged(options: argparse.Namespace) -> dict[str, Any]:
    results = {}
    for count in options.messages:
        with tempfile.TemporaryDirectory(prefix="leindex-memory-") as folder:
            world = converged.prepare(count, Path(folder))
            names = [contest.OURS, *(contest.rivals("Converged") if count < ALONE_FROM else [])]
            found = _enter(options, f"{count:,} messages", "converged", Path(folder), names)
        heads = ("p50", "p95", "recall", "hybrid p50", "hybrid p95", "everywhere p50", "everywhere p95", "first")
        rows = [[name, *(figures.get(head) for head in heads)] for name, figures in found.items()]
        title = f"{count:,} messages, {len(world.source):,} edges, ms"
        print(f"\n{title}\n{record.table(['contestant', *heads], rows)}\n")
        results[str(count)] = found
    return results


def _writes(options: argparse.Namespace) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="leindex-memory-") as folder:
        figures = writes.measure(Path(folder), writes.sentences(), options.large)
    print(f"\n{record.table(['figure', 'value'], list(figures.items()))}\n")
    return figures


def _locomo(options: argparse.Namespace) -> dict[str, Any]:
    told = {}
    for path in options.locomo:
        name = "REALTALK" if path.is_dir() else "LoCoMo"
        figures = told[name] = locomo.measure(path, [None, *options.models])
        heads = list(next(iter(figures.values())))
        rows = [[name, *(found.get(head) for head in heads)] for name, found in figures.items()]
        print(f"\n{name}\n{record.table(['', *heads], rows)}\n")
    print(f"Others have measured {locomo.PUBLISHED} on LoCoMo.")
    return told
