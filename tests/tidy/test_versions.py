"""One version, said in several places: the package, the crates, the module and the changelog."""

from __future__ import annotations

import tomllib
from importlib.metadata import version

import leindex
from tests.tidy.house import ROOT


def declared() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def test_package_crates_and_module_bear_the_same_version() -> None:
    crates = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    assert {crates, version("leindex-py"), leindex.__version__} == {declared()}


def test_the_changelog_knows_the_version() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line[:3] == "## "]
    assert any(line.startswith(f"## [{declared()}]") for line in headings), headings


def test_python_and_rust_of_the_documents_are_those_of_the_manifests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {project['requires-python'].removeprefix('>=')}" in readme
    rust = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["rust-version"]
    assert f"Rust {rust}" in readme
