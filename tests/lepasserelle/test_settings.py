"""Where settings come from, which source wins, and what a wrong one is told."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from leindex.errors import SettingsError
from leindex.lepasserelle.settings import _READERS, Settings


def test_without_a_word_everything_has_its_default(tmp_path: Path) -> None:
    assert Settings.load(tmp_path, {}) == Settings()
    assert Settings().index_folder(tmp_path) == tmp_path / ".leindex"


def test_the_environment_beats_the_own_file_and_that_beats_the_projects(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.leindex]\nthreads = 1\nmax_file_bytes = 10\ninclude_hidden = true\n"
    )
    (tmp_path / "leindex.toml").write_text("threads = 2\nmax_file_bytes = 20\n")
    settings = Settings.load(tmp_path, {"LEINDEX_THREADS": "3", "HOME": "/nowhere"})
    assert (settings.threads, settings.max_file_bytes, settings.include_hidden) == (3, 20, True)


def test_an_index_elsewhere_is_one_folder_per_project(tmp_path: Path) -> None:
    (tmp_path / "leindex.toml").write_text('index_dir = "indexes"\n')
    settings = Settings.load(tmp_path, {})
    one, two = settings.index_folder(Path("/a/app")), settings.index_folder(Path("/b/app"))
    assert one.parent == two.parent == tmp_path / "indexes"
    assert one != two
    assert one.name.startswith("app-")
    assert settings.index_folder(Path("/a/app")) == one


def test_the_environments_folder_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load(tmp_path, {"LEINDEX_INDEX_DIR": "~/cache"}).index_dir == tmp_path / "cache"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("leindex.toml", "thread = 1", "leindex.toml: thread is no setting; there are index_dir, max_file_bytes"),
        ("leindex.toml", "threads = -1", "threads must be a whole number from 0 to 1024, and is -1."),
        ("leindex.toml", "threads = true", "threads must be a whole number from 0 to 1024, and is True."),
        (
            "leindex.toml",
            "max_file_bytes = 1.5",
            "max_file_bytes must be a whole number from 1 to 2147483648, and is 1.5",
        ),
        ("leindex.toml", "include_hidden = 1", "include_hidden must be true or false, and is 1."),
        ("leindex.toml", "index_dir = 3", "index_dir must be the path of a folder, and is 3."),
        ("leindex.toml", "threads = ", "leindex.toml: the file is not valid TOML"),
        (
            "pyproject.toml",
            "[tool.leindex]\nthreads = 'x'",
            "pyproject.toml [tool.leindex]: threads must be a whole number",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_file_key_and_what_is_allowed(
    tmp_path: Path, file: str, text: str, message: str
) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(SettingsError) as error:
        Settings.load(tmp_path, {})
    assert message in str(error.value)


def test_a_wrong_variable_is_named_as_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="environment variable LEINDEX_THREDS: threds is no setting"):
        Settings.load(tmp_path, {"LEINDEX_THREDS": "1"})
    with pytest.raises(SettingsError, match="LEINDEX_INCLUDE_HIDDEN: include_hidden must be true or false"):
        Settings.load(tmp_path, {"LEINDEX_INCLUDE_HIDDEN": "maybe"})


def test_another_tools_broken_file_is_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.")
    assert Settings.load(tmp_path, {}) == Settings()


def test_every_setting_can_be_read() -> None:
    assert list(_READERS) == [item.name for item in fields(Settings)]
