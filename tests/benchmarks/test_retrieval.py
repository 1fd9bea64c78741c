"""The retrieval suite on a project of three files: what it asks, what it hides, what it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.retrieval import ask, files_of, indexed, measure, questions, without_paths


@pytest.fixture
def repos(tmp_path: Path) -> Path:
    """One checkout, ``repos/web``, of which only ``src`` is indexed."""
    source = tmp_path / "repos" / "web" / "src"
    (source / "net").mkdir(parents=True)
    (source / "net" / "pool.py").write_text(
        'class ConnectionPool:\n    """Keeps connections open to use them again."""\n\n    def acquire(self): ...\n'
    )
    (source / "cookies.py").write_text('def parse_cookie(header):\n    """Read one cookie."""\n    return header\n')
    (source / ".hidden").write_text("nothing")
    return tmp_path / "repos"


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    rows = [
        {"query": "reuse of connections", "relevant": ["src/net/pool.py"], "secondary": [], "category": "semantic"},
        {
            "query": "parse_cookie",
            "relevant": [{"path": "src/cookies.py", "start_line": 1, "end_line": 3}],
            "secondary": [],
            "category": "symbol",
        },
    ]
    (tmp_path / "bench" / "annotations").mkdir(parents=True)
    (tmp_path / "bench" / "annotations" / "web.json").write_text(json.dumps(rows))
    return tmp_path / "bench"


def test_both_runs_find_what_was_asked_for(repos: Path, bench: Path) -> None:
    seen, blind = measure({"name": "web", "benchmark_root": "src"}, bench, repos)
    assert [round(scores.ndcg, 3) for scores in (seen, blind)] == [1.0, 1.0]
    assert seen.walked[4000] == [1.0, 1.0]
    assert seen.answered[4000] == [1.0, 1.0]
    assert len(seen.seconds) == 2


def test_a_copy_without_paths_keeps_the_suffix_and_nothing_else(repos: Path) -> None:
    root = repos / "web" / "src"
    with without_paths(root) as (folder, names):
        assert files_of(folder) == ["f0000.py", "f0001.py"]
        assert [names[file] for file in files_of(folder)] == files_of(root) == ["cookies.py", "net/pool.py"]


def test_measuring_leaves_the_checkout_as_it_was(repos: Path, bench: Path) -> None:
    root = repos / "web" / "src"
    before = sorted(root.rglob("*"))
    with indexed(root) as index:
        ask(index, questions(bench, "web"), {file: f"src/{file}" for file in files_of(root)}, budgets=False)
    assert sorted(root.rglob("*")) == before
