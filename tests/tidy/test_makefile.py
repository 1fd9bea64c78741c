"""The Makefile has eight verbs, bare `make` explains them, and documents name no other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, relative, tracked

VERBS = ("setup", "demo", "test", "lint", "bench", "docs", "wheel", "clean")


def test_the_eight_verbs_are_the_targets() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(targets) == sorted(("help", *VERBS))


def test_bare_make_explains_every_verb() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [verb for verb in VERBS if f"make {verb} " not in said] == []


@pytest.mark.parametrize("document", tracked("*.md", ".ci/run"), ids=relative)
def test_documents_use_only_verbs_that_exist(document: Path) -> None:
    used = set(re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert used <= set(VERBS), f"{relative(document)}: {used - set(VERBS)}"


def machine_without(missing: str, tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has everything this machine has, but one program; and a home without rustup."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "cargo", "rustc", "cc", "python3", "sed", "sort", "head", "cut", "dirname", "env", "true"):
        found = shutil.which(name)
        if found and name != missing:
            (programs / name).write_text(f'#!/bin/sh\nexec "{found}" "$@"\n')
            (programs / name).chmod(0o755)
    return {"PATH": str(programs), "HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("cargo", "Rust is missing; install it with: curl"), ("cc", "a C compiler is missing; install one")],
)
def test_setup_without_a_compiler_stops_with_one_sentence(missing: str, sentence: str, tmp_path: Path) -> None:
    environment = machine_without(missing, tmp_path) | {
        name: value for name, value in os.environ.items() if name in {"CARGO_HOME", "RUSTUP_HOME"}
    }
    environment.setdefault("RUSTUP_HOME", str(Path.home() / ".rustup"))
    script = ROOT / "scripts" / "make_venv.sh"
    run = subprocess.run([script, tmp_path / "venv"], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(f"make setup: {sentence}")
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "venv").exists()
