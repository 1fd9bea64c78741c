"""How often does search find what it should? NDCG@10, the same without paths, and recall within token budgets.

    python -m benchmarks retrieval --bench FOLDER --repos FOLDER

``--bench`` holds ``repos.json``, ``annotations/`` and ``published.json``; ``--repos`` holds a checkout of each
repository at its revision, under its name. Every repository is indexed twice: as it is, and as a copy whose files are
called f0000, f0001, … and lie in one folder, so that no path can help. Published figures of others are printed beside
ours.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from statistics import mean

from benchmarks import record
from benchmarks.metric import Result, Target, ndcg, recall_within
from leindex import LeIndex
from leindex.lepasserelle.settings import Settings
from leindex.types import SearchHit
from leindex_rust import count_tokens

BUDGETS = (500, 1000, 2000, 4000)
RIVALS = ("semble", "CodeRankEmbed hybrid", "semble, BM25 + ranking only", "plain BM25", "ripgrep")
EXCERPT_LINES = 20  # of each result's source, as a reader would be shown before opening the file
WALKED = 50  # results walked for the token budgets

Published = Mapping[str, Mapping[str, float]]
"""NDCG@10 by repository and system."""


@dataclass(frozen=True, slots=True)
class Question:
    """One annotated question."""

    text: str
    targets: tuple[Target, ...]
    category: str


@dataclass(slots=True)
class Scores:
    """What one repository's questions got."""

    gains: list[tuple[Question, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    walked: dict[int, list[float]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    """Recall within each budget, walking the results."""
    answered: dict[int, list[float]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    """Recall of the answer that `analyze` gives for each budget."""

    @property
    def ndcg(self) -> float:
        """Mean over the questions."""
        return mean(gain for _, gain in self.gains)


def questions(bench: Path, name: str) -> list[Question]:
    """Read the annotated questions of a repository."""
    rows = json.loads((bench / "annotations" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Question(row["query"], tuple(map(Target.read, [*row["relevant"], *row["secondary"]])), row["category"])
        for row in rows
    ]


@contextmanager
def indexed(root: Path) -> Iterator[LeIndex]:
    """Index a folder without writing into it."""
    with (
        tempfile.TemporaryDirectory(prefix="leindex-bench-") as folder,
        LeIndex(root, Settings(index_dir=Path(folder))) as index,
    ):
        index.index()
        yield index


def ask(index: LeIndex, asked: Iterable[Question], paths: Mapping[str, str], *, budgets: bool) -> Scores:
    """Ask every question; ``paths`` gives the name in the repository of each file of the index."""
    scores = Scores()
    for question in asked:
        start = time.perf_counter()
        hits = index.search(question.text, limit=10)
        scores.seconds.append(time.perf_counter() - start)
        results = [Result(paths[hit.file], hit.start_line, hit.end_line) for hit in hits]
        scores.gains.append((question, ndcg(question.targets, results)))
        if budgets:
            _ask_within_budgets(index, question, paths, scores)
    return scores


def _ask_within_budgets(index: LeIndex, question: Question, paths: Mapping[str, str], scores: Scores) -> None:
    walked = [_with_tokens(index.root, hit, paths) for hit in index.search(question.text, limit=WALKED)]
    for budget in BUDGETS:
        scores.walked[budget].append(recall_within(question.targets, walked, budget))
        pieces = index.analyze(question.text, budget=budget).pieces
        shown = [Result(paths[piece.symbol.file], piece.start_line, piece.end_line) for piece in pieces]
        scores.answered[budget].append(recall_within(question.targets, shown, budget))


def _with_tokens(root: Path, hit: SearchHit, paths: Mapping[str, str]) -> Result:
    """A result as a reader would see it: its place, and the first lines of its source, whose tokens are counted."""
    lines = (root / hit.file).read_text(encoding="utf-8", errors="replace").splitlines()
    last = min(hit.end_line, hit.start_line + EXCERPT_LINES - 1)
    text = "\n".join([f"{hit.file}:{hit.start_line}-{last}", *lines[hit.start_line - 1 : last]])
    return Result(paths[hit.file], hit.start_line, last, count_tokens(text))


def files_of(root: Path) -> list[str]:
    """Every file of a checkout, as a path relative to it."""
    return sorted(
        file.relative_to(root).as_posix()
        for file in root.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(root).parts)
    )


@contextmanager
def without_paths(root: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Copy a checkout into one flat folder of numbered files; only the suffix stays, for it tells the language."""
    with tempfile.TemporaryDirectory(prefix="leindex-blind-") as folder:
        names = {}
        for number, file in enumerate(files_of(root)):
            blind = f"f{number:04}{PurePosixPath(file).suffix}"
            shutil.copyfile(root / file, Path(folder, blind))
            names[blind] = file
        yield Path(folder), names


def measure(repository: Mapping[str, str | None], bench: Path, repos: Path) -> tuple[Scores, Scores]:
    """Ask the questions of one repository with and without its paths."""
    name = str(repository["name"])
    prefix = repository.get("benchmark_root") or ""
    root = repos / name / prefix
    asked = questions(bench, name)
    whole = {file: f"{prefix}/{file}" if prefix else file for file in files_of(root)}
    with indexed(root) as index:
        seen = ask(index, asked, whole, budgets=True)
    with without_paths(root) as (folder, names), indexed(folder) as index:
        blind = ask(index, asked, {file: whole[names[file]] for file in names}, budgets=False)
    return seen, blind


def run(arguments: Sequence[str]) -> None:
    """Measure, print and store."""
    options = _options(arguments)
    published: Published = json.loads((options.bench / "published.json").read_text(encoding="utf-8"))["by_repo"]
    repositories = json.loads((options.bench / "repos.json").read_text(encoding="utf-8"))
    chosen = [one for one in repositories if not options.only or one["name"] in options.only]
    seen: dict[str, Scores] = {}
    blind: dict[str, Scores] = {}
    for repository in chosen:
        name = repository["name"]
        seen[name], blind[name] = measure(repository, options.bench, options.repos)
        print(f"{name:14} {seen[name].ndcg:.3f}", flush=True)
    print("\n" + _table(seen, blind, published))
    print("\n" + _by_category(seen, blind))
    print("\n" + _budgets(seen))
    times = sorted(second for scores in seen.values() for second in scores.seconds)
    print(f"\nquery P50 {1000 * times[len(times) // 2]:.1f} ms, P95 {1000 * times[int(len(times) * 0.95)]:.1f} ms")
    if options.misses:
        _print_misses(seen, options.misses)
    if not options.only:
        print(f"\nwritten to {record.write('retrieval', _figures(seen, blind))}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks retrieval", description=__doc__)
    parser.add_argument("--bench", type=Path, required=True, help="folder of repos.json and annotations/")
    parser.add_argument("--repos", type=Path, required=True, help="folder of the checkouts, one per name")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these repositories; nothing is stored")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="print the N questions that did worst")
    return parser.parse_args(arguments)


def _table(seen: Mapping[str, Scores], blind: Mapping[str, Scores], published: Published) -> str:
    rows: list[list[object]] = [
        [name, scores.ndcg, blind[name].ndcg, *(published[name].get(rival) for rival in RIVALS)]
        for name, scores in seen.items()
    ]
    ours = [mean(scores.ndcg for scores in runs.values()) for runs in (seen, blind)]
    rows.append(["mean", *ours, *(mean(published[name][rival] for name in seen) for rival in RIVALS)])
    return "NDCG@10\n" + record.table(["repository", "leindex", "no paths", *RIVALS], rows)


def _by_category(seen: Mapping[str, Scores], blind: Mapping[str, Scores]) -> str:
    rows: list[list[object]] = []
    for category in ("architecture", "semantic", "symbol"):
        row: list[object] = [category]
        for runs in (seen, blind):
            gains = [gain for one in runs.values() for question, gain in one.gains if question.category == category]
            row.append(mean(gains) if gains else None)
        rows.append(row)
    return record.table(["questions", "leindex", "no paths"], rows)


def _recall(by_repository: Iterable[Mapping[int, list[float]]]) -> dict[int, float]:
    runs = list(by_repository)
    return {budget: mean(mean(recall[budget]) for recall in runs) for budget in BUDGETS}


def _budgets(seen: Mapping[str, Scores]) -> str:
    """Token efficiency: of results shown in order, and of answers made for a budget."""
    walked, answered = _recall(one.walked for one in seen.values()), _recall(one.answered for one in seen.values())
    rows = [
        [f"search, {EXCERPT_LINES} lines of each result", *walked.values()],
        ["analyze, with this budget", *answered.values()],
    ]
    return record.table(["share of targets shown within tokens", *map(str, BUDGETS)], rows)


def _print_misses(seen: Mapping[str, Scores], count: int) -> None:
    worst = sorted((gain, name, question.text) for name, scores in seen.items() for question, gain in scores.gains)
    print()
    for gain, name, text in worst[:count]:
        print(f"{gain:.2f}  {name:12}  {text}")


def _figures(seen: Mapping[str, Scores], blind: Mapping[str, Scores]) -> dict[str, object]:
    return {
        "ndcg": {name: round(scores.ndcg, 4) for name, scores in seen.items()},
        "ndcg_mean": round(mean(scores.ndcg for scores in seen.values()), 4),
        "ndcg_without_paths": {name: round(scores.ndcg, 4) for name, scores in blind.items()},
        "ndcg_without_paths_mean": round(mean(scores.ndcg for scores in blind.values()), 4),
        "recall_of_results": _recall(one.walked for one in seen.values()),
        "recall_of_answers": _recall(one.answered for one in seen.values()),
    }
