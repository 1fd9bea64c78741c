"""Which files a run reads again, and which it does not touch."""

from __future__ import annotations

from dataclasses import dataclass

from leindex.lestockage.changes import compare
from leindex.lestockage.records import KnownFile


@dataclass(frozen=True)
class Found:
    path: str = "a.py"
    size: int = 10
    mtime_ns: int = 5
    language: str = "python"
    flags: int = 2


BEFORE = KnownFile("python", 10, 5, b"hash", "parsed", "", 2, 1, 0, "python-1")


def check(file: Found, before: KnownFile | None = BEFORE) -> str:
    """The lists of the changes in which the file stands."""
    known = {} if before is None else {"a.py": before}
    changes = compare(known, [file], lambda language: f"{language}-1")
    lists = {"parse": changes.parse, "look_closer": changes.look_closer, "reflag": changes.reflag}
    words = [name for name, entries in lists.items() if entries]
    return " ".join(words + ["unchanged"] * changes.unchanged)


def test_every_reason_to_read_a_file_again() -> None:
    assert check(Found()) == "unchanged"
    assert check(Found(), None) == "parse"
    assert check(Found(size=11)) == "parse"
    assert check(Found(mtime_ns=6)) == "look_closer"
    assert check(Found(mtime_ns=4)) == "look_closer", "older is changed too: a checkout of yesterday"
    assert check(Found(language="starlark")) == "parse"
    assert check(Found(), BEFORE._replace(parser="python-0")) == "parse"
    assert check(Found(), BEFORE._replace(status="unreadable")) == "parse"
    assert check(Found(), BEFORE._replace(status="binary")) == "unchanged"


def test_flags_follow_the_path_and_keep_what_the_content_said() -> None:
    assert check(Found(flags=6)) == "reflag unchanged"
    assert check(Found(flags=6, mtime_ns=6)) == "look_closer reflag"
    assert check(Found(), BEFORE._replace(flags=3)) == "unchanged"
    changes = compare({"a.py": BEFORE._replace(flags=3)}, [Found(flags=4)], lambda language: f"{language}-1")
    assert changes.reflag == [("a.py", 5)]


def test_files_that_are_gone_are_listed_in_order() -> None:
    known = dict.fromkeys(("c.py", "a.py", "b.py"), BEFORE)
    assert compare(known, [Found("b.py")], lambda language: f"{language}-1").removed == ["a.py", "c.py"]
