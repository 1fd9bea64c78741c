"""How work is cut into batches, and that parsing keeps files and answers together."""

from __future__ import annotations

from pathlib import Path

from leindex.leparse import parsing
from leindex.leparse.discovery import SourceEntry, discover
from leindex.leparse.languages import languages
from leindex.leparse.parsing import ProjectParser, batches


def entry(path: str, size: int = 1) -> SourceEntry:
    return SourceEntry(path, size, 0, "python", 0)


def test_batches_hold_about_the_same_bytes_and_keep_the_order() -> None:
    most = parsing.BATCH_BYTES
    files = [entry("a", most // 2), entry("b", most // 2), entry("c", most * 2), entry("d"), entry("e")]
    assert [[file.path for file in batch] for batch in batches(files)] == [["a", "b"], ["c"], ["d", "e"]]
    assert list(batches([])) == []
    many = [entry(f"{number}") for number in range(parsing.BATCH_FILES + 1)]
    assert [len(batch) for batch in batches(many)] == [parsing.BATCH_FILES, 1]


def test_answers_stand_beside_their_files_sorted_by_path(tmp_path: Path) -> None:
    sources = {"b.py": "def long_name(): pass\n" * 50, "a.py": "x = 1\n", "c.md": "# Title\n"}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    parser = ProjectParser(tmp_path, languages(), max_file_bytes=10_000)
    pairs = parser.parse(discover(tmp_path, languages(), max_file_bytes=10_000).files)
    assert [(file.path, parsed.status, parsed.size) for file, parsed in pairs] == [
        ("a.py", "parsed", 6),
        ("b.py", "parsed", len(sources["b.py"])),
        ("c.md", "text", 8),
    ]
    assert pairs[1][1].symbols == 51


def test_a_parser_is_told_from_its_other_versions(tmp_path: Path) -> None:
    parser = ProjectParser(tmp_path, languages(), max_file_bytes=1)
    assert parser.fingerprint("python") == parser.fingerprint("python")
    assert parser.fingerprint("python") != parser.fingerprint("text")
