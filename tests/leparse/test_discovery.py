"""What discovery makes of a folder: languages by name and first line, flags by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from leindex.leparse.discovery import Discovery, discover, folder_flags


@dataclass(frozen=True)
class Spec:
    tests: Sequence[str] = ()


@dataclass(frozen=True)
class TwoLanguages:
    by_name: Mapping[str, Spec] = field(
        default_factory=lambda: {"python": Spec(("test_*.py", "*_test.py")), "text": Spec()}
    )

    def for_path(self, path: str, head: bytes | None = None) -> str | None:
        known = {".py": "python", ".md": "text"}.get(PurePosixPath(path).suffix)
        return known or ("python" if head and head.startswith(b"#!/usr/bin/env python") else None)

    def claimed(self, root: Path, paths: Iterable[str]) -> Mapping[str, str]:
        return {}


def found(root: Path, files: Mapping[str, str], **options: bool) -> Discovery:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return discover(root, TwoLanguages(), max_file_bytes=100, **options)


def test_a_file_has_its_language_from_its_name_or_first_line(tmp_path: Path) -> None:
    files = {
        "a.py": "",
        "b.md": "",
        "logo.png": "",
        "run": "#!/usr/bin/env python\n",
        "Vagrant": "x",
        "v1.2": "#!/usr/bin/env python",
    }
    assert [(file.path, file.language) for file in found(tmp_path, files).files] == [
        ("a.py", "python"),
        ("b.md", "text"),
        ("run", "python"),
    ]


def test_flags_come_from_folders_and_from_the_languages_patterns(tmp_path: Path) -> None:
    files = [
        "app.py",
        "test_app.py",
        "Tests/data.py",
        "docs/conf.py",
        "examples/tests/x.py",
        "node_modules/x/tests/t.py",
    ]
    discovery = found(tmp_path, dict.fromkeys(files, ""), include_vendored=True)
    assert {file.path: file.flags for file in discovery.files} == {
        "app.py": 0,
        "test_app.py": 2,
        "Tests/data.py": 2,
        "docs/conf.py": 8,
        "examples/tests/x.py": 10,
        "node_modules/x/tests/t.py": 6,
    }


@pytest.mark.parametrize(
    ("folder", "flags"), [("", 0), ("src/latest", 0), ("a/testdata/b", 2), ("Documentation/core", 8)]
)
def test_only_whole_folder_names_count(folder: str, flags: int) -> None:
    assert folder_flags(folder) == flags


def test_what_was_left_out_is_told_with_its_reason(tmp_path: Path) -> None:
    discovery = found(tmp_path, {"big.py": "x" * 101, "vendor/v.py": "", ".hidden.py": "", "__pycache__/c.py": ""})
    assert discovery.files == ()
    assert [(skip.file, skip.reason) for skip in discovery.skipped] == [
        ("big.py", "ignored-size"),
        ("vendor", "vendored"),
    ]


def test_our_own_ignore_file_counts(tmp_path: Path) -> None:
    discovery = found(tmp_path, {".leindexignore": "b.py\n", "a.py": "", "b.py": ""})
    assert [file.path for file in discovery.files] == ["a.py"]


def test_hidden_files_are_a_setting(tmp_path: Path) -> None:
    assert [file.path for file in found(tmp_path, {".hidden.py": ""}, include_hidden=True).files] == [".hidden.py"]
