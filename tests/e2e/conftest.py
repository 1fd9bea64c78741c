"""Projects for the end-to-end tests: one indexed for all that only ask, a fresh one for those that change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from leindex import LeIndex
from tests.e2e import sample


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the developer's own environment do not count."""
    import os

    for name in [name for name in os.environ if name.startswith("LEINDEX_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, indexed; not to be changed."""
    folder = sample.make(tmp_path_factory.mktemp("web client ü"))
    with LeIndex(folder) as index:
        index.index()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The sample, not indexed yet."""
    return sample.make(tmp_path / "project")
