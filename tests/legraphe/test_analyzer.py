"""The specification's native class, driven as a program would that keeps its own state."""

import json
from pathlib import Path

import pytest

from leindex.legraphe.analyzer import rust_analyzer
from leindex.legraphe.native import RustAnalyzer
from leindex_rust import count_tokens

POOL = '''"""Connections, kept open."""


class Pool:
    """Lends connections."""

    def acquire(self, timeout: float = 1.0) -> "Connection":
        """Wait for a free connection."""
        return connect(timeout)


def connect(timeout):
    """Open one connection."""
    return dial("host", timeout)


def dial(host, timeout):
    return (host, timeout)
'''


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> tuple[RustAnalyzer, Path]:
    root = tmp_path_factory.mktemp("project")
    (root / "pool.py").write_text(POOL)
    (root / "main.go").write_text("package main\n\nfunc main() { run() }\n\nfunc run() {}\n")
    made = rust_analyzer()
    assert made.initialize(root) == 8
    return made, root


def nodes(analyzer: RustAnalyzer, count: int = 8) -> dict[str, dict]:
    return {found["id"]: found for found in (json.loads(analyzer.get_node(node)) for node in range(count))}


def test_every_symbol_is_a_node_with_its_place(analyzer: tuple[RustAnalyzer, Path]) -> None:
    found = nodes(analyzer[0])
    assert set(found) == {
        "main.go",
        "main.go::main",
        "main.go::run",
        "pool.py",
        "pool.py::Pool",
        "pool.py::Pool.acquire",
        "pool.py::connect",
        "pool.py::dial",
    }
    acquire = found["pool.py::Pool.acquire"]
    assert (acquire["kind"], acquire["start_line"], acquire["end_line"]) == ("method", 7, 9)
    assert acquire["summary"] == "Wait for a free connection."
    assert acquire["parent"] == found["pool.py::Pool"]["node"]


def test_a_file_gives_its_signatures(analyzer: tuple[RustAnalyzer, Path]) -> None:
    made, root = analyzer
    signatures = {found["qualified_name"]: found for found in json.loads(made.parse_file(root / "pool.py"))}
    acquire = signatures["pool.Pool.acquire"]
    assert acquire["parameters"][1] == {"name": "timeout", "type": "float", "default": "1.0", "kind": "positional"}
    assert acquire["returns"] == "Connection"


def test_a_context_holds_what_the_node_calls_and_keeps_to_its_budget(analyzer: tuple[RustAnalyzer, Path]) -> None:
    made, _ = analyzer
    acquire = nodes(made)["pool.py::Pool.acquire"]["node"]
    whole = made.build_context(acquire, 500)
    assert "return connect(timeout)" in whole and "def dial(host, timeout)" in whole
    assert "main.go" not in whole
    for budget in (20, 60, 100):
        assert count_tokens(made.build_context(acquire, budget)) <= budget


def test_questions_it_cannot_answer_are_errors_that_say_so(analyzer: tuple[RustAnalyzer, Path]) -> None:
    made, root = analyzer
    with pytest.raises(IndexError, match="node 99 of a project of 8 nodes"):
        made.get_node(99)
    with pytest.raises(ValueError, match="no language"):
        made.parse_file(root / "picture.png")
    with pytest.raises(FileNotFoundError):
        made.parse_file(root / "absent.py")
    with pytest.raises(FileNotFoundError):
        rust_analyzer().initialize(root / "absent")
    with pytest.raises(RuntimeError, match="initialize"):
        rust_analyzer().get_node(0)


def test_the_inside_of_a_function_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def f(x):\n    if x:\n        return 1\n")
    analyzer = rust_analyzer()
    assert json.loads(analyzer.extract_complexity(path, 0, 40))["cyclomatic"] == 2
    assert [2, 3, "true"] in json.loads(analyzer.compute_cfg(path, 0, 40))["edges"]
    words = tmp_path / "b.txt"
    words.write_text("words")
    with pytest.raises(ValueError, match="nothing is known of the flow"):
        analyzer.compute_cfg(words)
