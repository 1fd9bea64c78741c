"""Examples in the documents run: Python, commands and settings are tried on a small project.

A `python` block is executed, all blocks of one document one after the other in one namespace. In a `console` block the
lines after `$ ` that call `leindex` are run as they stand. `json` and `toml` blocks must parse.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, relative, tracked

BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = tracked("README.md", "CONTRIBUTING.md", "docs/*.md")


def blocks(document: Path, language: str) -> Iterator[str]:
    """The fenced blocks of one language, in order."""
    for found, text in BLOCK.findall(document.read_text(encoding="utf-8")):
        if found == language:
            yield text


def with_blocks(language: str) -> list[Path]:
    return [document for document in DOCUMENTS if any(blocks(document, language))]


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small project, as the current folder."""
    project = tmp_path / "sample"
    shutil.copytree(ROOT / "tests" / "tidy" / "sample", project)
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize("document", with_blocks("python"), ids=relative)
def test_python_examples_run(document: Path, sample: Path) -> None:
    script = sample.parent / "example.py"
    script.write_text("\n".join(blocks(document, "python")), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=sample, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("document", with_blocks("console"), ids=relative)
def test_commands_of_examples_run(document: Path, sample: Path) -> None:
    commands = [line[2:] for text in blocks(document, "console") for line in text.splitlines() if line[:2] == "$ "]
    calls = [shlex.split(command, comments=True) for command in commands if command.startswith("leindex ")]
    assert calls, f"no console block of {relative(document)} calls leindex"
    for call in calls:
        run = subprocess.run(
            [sys.executable, "-m", "leindex", *call[1:]], cwd=sample, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{shlex.join(call)}\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize("document", with_blocks("json"), ids=relative)
def test_json_of_examples_parses(document: Path) -> None:
    for text in blocks(document, "json"):
        json.loads(text)


@pytest.mark.parametrize("document", with_blocks("toml"), ids=relative)
def test_toml_of_examples_parses(document: Path) -> None:
    for text in blocks(document, "toml"):
        tomllib.loads(text)
