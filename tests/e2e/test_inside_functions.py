"""``leindex cfg`` and ``leindex complexity``: by file, by line, by symbol of an index, as text, drawing and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from leindex import LeIndex
from leindex.errors import AmbiguousSymbol, EmptyQuery, LanguageError, OutOfRange, ProjectNotFound, SymbolNotFound
from leindex.lepasserelle.cli.app import app


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("said", ["webclient/pool.py:acquire", "webclient/pool.py:16"])
def test_a_function_of_a_file_needs_no_index(project: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.chdir(project)
    shown = invoke("cfg", said)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[0].startswith(
        "webclient.pool.ConnectionPool.acquire (webclient/pool.py, python): "
    )
    assert "true -> " in shown.output
    assert "19\treturn Connection(host)\n  return -> 1\n" in shown.output
    assert not (project / ".leindex").exists()


def test_a_symbol_of_the_project_is_shown_as_its_file_is_now(project: Path) -> None:
    with LeIndex(project) as index:
        index.index()
        before = index.cfg("ConnectionPool.acquire")
        source = project / "webclient" / "pool.py"
        source.write_text("# one more line\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
        after = index.cfg("ConnectionPool.acquire")
    lines = [[each.start_line for block in flow.graph.blocks for each in block.statements] for flow in (before, after)]
    assert lines[0]
    assert [line + 1 for line in lines[0]] == lines[1]


def test_a_graph_is_drawn_for_mermaid_and_graphviz(indexed: Path) -> None:
    told = json.loads(invoke("cfg", "Session.get", "-p", str(indexed), "--json").output)
    mermaid = invoke("cfg", "Session.get", "-p", str(indexed), "--format", "mermaid").output
    dot = invoke("cfg", "Session.get", "-p", str(indexed), "--format", "dot").output
    assert mermaid.startswith("flowchart TD\n")
    assert dot.startswith('digraph "webclient.session.Session.get" {\n')
    assert dot.endswith("}\n")
    for edge in told["edges"]:
        word = "" if edge["kind"] == "next" else edge["kind"]
        assert f"    b{edge['source']} -->{f'|{word}|' if word else ''} b{edge['target']}\n" in mermaid
        label = f' [label="{word}"]' if word else ""
        assert f"    b{edge['source']} -> b{edge['target']}{label};\n" in dot
    assert "#quot;GET {path}#quot;" in mermaid, "quotes would end a label"
    assert 'f\\"GET {path}\\"' in dot


def test_what_means_no_function_or_several_is_told(indexed: Path, tmp_path: Path) -> None:
    with LeIndex(indexed) as index:
        with pytest.raises(EmptyQuery):
            index.cfg(" ")
        with pytest.raises(SymbolNotFound, match="acquier"):
            index.cfg("acquier")
        with pytest.raises(AmbiguousSymbol):
            index.cfg("__init__")
    twice = tmp_path / "twice.py"
    twice.write_text("class A:\n    def run(self): ...\nclass B:\n    def run(self): ...\n", encoding="utf-8")
    ambiguous = invoke("cfg", f"{twice}:run")
    assert ambiguous.exit_code == 2
    assert "twice.py:2  (method" in ambiguous.output
    assert "twice.py:4  (method" in ambiguous.output
    assert invoke("cfg", f"{twice}:walk").exit_code != 0


def test_the_hardest_functions_come_first(project: Path) -> None:
    shown = invoke("complexity", str(project), "--top", "3").output.splitlines()
    assert shown[0].split("\t")[:2] == ["cognitive", "cyclomatic"]
    assert len(shown) == 5
    cognitive = [int(line.split("\t")[0]) for line in shown[1:-1]]
    assert cognitive == sorted(cognitive, reverse=True)
    assert shown[-1].startswith("3 of ")
    told = json.loads(invoke("complexity", str(project / "webclient" / "pool.py"), "--json").output)
    acquire = next(each for each in told["functions"] if each["name"].endswith("acquire"))
    assert (acquire["cyclomatic"], acquire["cognitive"], acquire["nesting"], acquire["parameters"]) == (3, 3, 2, 2)


def test_what_has_no_functions_is_told(project: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n", encoding="utf-8")
    with LeIndex(project) as index:
        with pytest.raises(OutOfRange):
            index.complexity(top=0)
        with pytest.raises(ProjectNotFound):
            index.complexity(tmp_path / "nowhere")
        with pytest.raises(LanguageError):
            index.complexity(tmp_path / "notes.md")
    assert invoke("complexity", str(tmp_path / "nowhere")).exit_code == 2
