"""The terminal from end to end: real processes over a real project, as a new user or a script would run them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from leindex import LeIndex
from leindex.lepasserelle.cli.app import app
from leindex.lepasserelle.cli.running import emit, project

LEINDEX = [sys.executable, "-m", "leindex"]


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*LEINDEX, *arguments], capture_output=True, text=True, check=False, cwd=cwd)
    assert "Traceback" not in done.stderr
    return done


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_new_user_indexes_searches_and_asks(project: Path) -> None:
    indexed = run("index", cwd=project)
    assert indexed.returncode == 0
    assert "languages: python 5" in indexed.stdout
    assert "left out: binary 1" in indexed.stdout
    found = run("search", "connection pool", cwd=project)
    assert found.stdout.startswith("1. webclient/pool.py::ConnectionPool  (webclient/pool.py:6-26")
    answered = run("analyze", "how does connection pooling work", "--budget", "600", cwd=project)
    assert "def acquire(self, host):" in answered.stdout
    assert "\x1b" not in found.stdout + answered.stdout, "piped output is plain"


def test_a_question_indexes_by_itself(project: Path) -> None:
    assert run("callers", "backoff", cwd=project).stdout == (
        "callers of retry/retry.py::backoff (retry/retry.py:4-6):\n"
        "- call: retry/retry.py::repeat  (retry/retry.py:9-14, line 14)\n"
    )


def test_the_commands_answer_from_another_folder(indexed: Path, tmp_path: Path) -> None:
    shown = run("show", "Session.get", "--project", str(indexed), cwd=tmp_path)
    assert "12\t    def get(self, host, path):\n" in shown.stdout
    called = run("callees", "Session.get", "-p", str(indexed), cwd=tmp_path)
    assert "webclient/pool.py::ConnectionPool.acquire" in called.stdout
    assert f"project: {indexed}" in run("status", "-p", str(indexed), cwd=tmp_path).stdout


def test_one_file_is_outlined_without_an_index(project: Path) -> None:
    shown = run("parse", "webclient/pool.py", cwd=project)
    assert shown.stdout.startswith("webclient/pool.py  (python, ")
    assert "\t  def acquire(self, host)" in shown.stdout
    assert not (project / ".leindex").exists()
    told = json.loads(run("parse", "webclient/pool.py", "--json", cwd=project).stdout)
    assert [symbol["kind"] for symbol in told["symbols"]][:2] == ["module", "class"]
    missing = run("parse", "nowhere.py", cwd=project)
    assert missing.returncode == 2
    assert "nowhere.py cannot be parsed: No such file" in missing.stderr


def test_the_languages_are_listed() -> None:
    listed = run("languages").stdout
    assert "\ngo: .go  [tree-sitter-go " in listed
    assert {"python", "text"} <= {each["name"] for each in json.loads(run("languages", "--json").stdout)["languages"]}


def test_status_of_a_project_without_an_index_does_not_index(project: Path) -> None:
    assert "not indexed yet" in run("status", cwd=project).stdout
    assert not (project / ".leindex").exists()


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["index"], "languages"),
        (["search", "pool"], "hits"),
        (["analyze", "pool"], "pieces"),
        (["show", "Session.get"], "text"),
        (["callers", "Session.get"], "relations"),
        (["callees", "Session.get"], "relations"),
        (["status"], "generation"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_every_command_speaks_json(project: Path, arguments: list[str], key: str) -> None:
    done = invoke(*arguments, "--project", str(project), "--json")
    assert done.exit_code == 0, done.output
    assert key in json.loads(done.stdout)


def test_nothing_found_is_one(indexed: Path) -> None:
    missing = invoke("show", "ConnectionPol", "-p", str(indexed))
    assert missing.exit_code == 1
    assert "did you mean" in missing.stderr and "ConnectionPool" in missing.stderr
    assert invoke("callees", "Connection.close", "-p", str(indexed)).exit_code == 1


def test_an_ambiguous_name_is_two_and_lists_the_ids(indexed: Path) -> None:
    done = invoke("callers", "get", "-p", str(indexed))
    assert done.exit_code == 2
    assert "webclient/session.py::Session.get" in done.stderr
    assert "webclient/cache.py::Cache.get" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["search", " "], "The question is empty"),
        (["analyze", "pool", "--budget", "0"], "The budget must be"),
        (["search", "pool", "--limit", "0"], "The limit must be"),
    ],
    ids=["empty query", "budget", "limit"],
)
def test_bad_questions_are_two_and_one_sentence(indexed: Path, arguments: list[str], sentence: str) -> None:
    done = invoke(*arguments, "-p", str(indexed))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"leindex: {sentence}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_bad_paths_are_two_and_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    nowhere = invoke("index", str(tmp_path / "nowhere"))
    a_file = invoke("search", "x", "-p", str(tmp_path / "notes.txt"))
    assert (nowhere.exit_code, a_file.exit_code) == (2, 2)
    assert "There is no folder" in nowhere.stderr
    assert "is a file" in a_file.stderr


def test_an_empty_project_is_indexed_and_finds_nothing(tmp_path: Path) -> None:
    assert invoke("index", str(tmp_path)).exit_code == 0
    assert invoke("search", "anything", "-p", str(tmp_path)).exit_code == 1
    assert invoke("analyze", "anything", "-p", str(tmp_path)).exit_code == 1


def test_a_budget_too_small_for_a_line_says_so(indexed: Path) -> None:
    done = invoke("analyze", "pool", "--budget", "3", "-p", str(indexed))
    assert done.exit_code == 1
    assert "too small" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(indexed: Path) -> None:
    program = [*LEINDEX, "status", "--json", "-p", str(indexed)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_notes_go_beside_the_text(project: Path) -> None:
    run("index", cwd=project)
    path = project / "webclient" / "pool.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# the end\n", encoding="utf-8")
    done = run("analyze", "connection pool", "--text", cwd=project)
    assert "note: webclient/pool.py changed since the index was made" in done.stderr
    assert "note:" not in done.stdout


def test_a_terminal_gets_the_form_for_people(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    with project(indexed) as opened:
        emit(opened.analyze("connection pool", budget=300))
    assert "300 tokens" in screen.getvalue()
    assert "\t" not in screen.getvalue(), "no numbered lines for models"


def test_a_failing_disk_and_an_interrupt_are_sentences(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = {3: OSError(28, "No space left on device"), 130: KeyboardInterrupt()}
    for code, failure in failures.items():

        def fail(*_: object, failure: BaseException = failure, **__: object) -> None:
            raise failure

        monkeypatch.setattr(LeIndex, "search", fail)
        done = invoke("search", "x", "-p", str(indexed))
        assert done.exit_code == code
        assert done.stderr.startswith("leindex: ")


def test_an_index_that_cannot_be_used_is_three(tmp_path: Path) -> None:
    (tmp_path / ".leindex").mkdir()
    (tmp_path / ".leindex" / "index.db").write_bytes(b"this is no database" * 100)
    done = invoke("status", "-p", str(tmp_path))
    assert done.exit_code == 3
    assert "damaged" in done.stderr


def test_a_server_for_no_folder_is_two(tmp_path: Path) -> None:
    done = run("mcp", "--project", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "There is no folder" in done.stderr
