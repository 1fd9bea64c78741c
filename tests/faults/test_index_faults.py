"""Bad input to an index run: every line of it ends in a sentence or a result, and nothing of the user is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leindex.errors import IndexFolderReadOnly, IndexLocked, IndexNewer, NotAFolder, ProjectNotFound
from leindex.leparse.parsing import ProjectParser
from leindex.lestockage.store import Store
from leindex.lestockage.writer import StoreWriter
from tests.faults.processes import as_nobody
from tests.lepasserelle.projects import SHOP, found, index, write

INDEX = """
import sys
from pathlib import Path
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
print("ready", flush=True)
index_project(Path(sys.argv[1]), Settings(), progress=lambda moment: print(moment.stage, moment.done, flush=True))
"""


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound, match=f"There is no folder {tmp_path / 'gone'}; check the path"):
        index(tmp_path / "gone")


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n"})
    with pytest.raises(NotAFolder, match=rf"a.py is a file, and a project is a folder; try {tmp_path}\."):
        index(tmp_path / "a.py")
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    closed = write(tmp_path / "closed", SHOP)
    closed.chmod(0o000)
    script = """
from leindex.errors import NotReadable
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
try:
    index_project(root / "closed", Settings())
except NotReadable as error:
    print(error)
"""
    try:
        assert as_nobody(script, tmp_path).endswith(
            "may not be read; grant read and search permission (chmod u+rx) and retry.\n"
        )
    finally:
        closed.chmod(0o755)


def test_a_file_and_a_folder_inside_that_may_not_be_read_are_told_and_tried_again(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {**SHOP, "secret.py": "s = 1\n", "locked/in.py": "i = 1\n"})
    elsewhere = tmp_path / "indexes"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    (root / "secret.py").chmod(0o000)
    (root / "locked").chmod(0o000)
    script = """
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
for run in range(2):
    report = index_project(root / "project", Settings(index_dir=root / "indexes"))
    print(report.files, report.parsed, [(skip.file, skip.reason) for skip in report.skipped])
"""
    try:
        said = as_nobody(script, tmp_path)
    finally:
        (root / "locked").chmod(0o755)
    skipped = "[('locked', 'unreadable'), ('secret.py', 'unreadable')]"
    assert said == f"3 4 {skipped}\n3 1 {skipped}\n"


def test_a_read_only_folder_names_the_setting_that_helps(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    script = """
from leindex.errors import IndexFolderReadOnly
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
try:
    index_project(root, Settings())
except IndexFolderReadOnly as error:
    print(error)
"""
    assert "choose another place with the setting index_dir" in as_nobody(script, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "shop"]


def test_spaces_and_letters_beyond_ascii_in_every_name(tmp_path: Path) -> None:
    root = write(tmp_path / "größe und mehr", {"ein ordner/übung 日本.py": "def größe():\n    return '日本'\n"})
    assert index(root).files == 1
    assert found(root, "größe") == ["ein ordner/übung 日本.py::größe"]


def test_a_name_that_is_no_utf8_is_told_and_the_rest_is_indexed(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xf6\xdfe.py"))).write_text("x = 1\n")
    report = index(tmp_path)
    assert [(skip.file, skip.reason) for skip in report.skipped] == [("gr\ufffd\ufffde.py", "not-utf8-path")]
    assert report.files == 3


def test_sources_that_are_no_utf8(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"latin.py": "def grüße():\n    return 'ß'\n".encode("latin-1"), "half.py": b"def ok(): pass\n# \xe6\x97"},
    )
    assert index(tmp_path).files == 2
    assert found(tmp_path, "ok") == ["half.py::ok"]


def test_a_line_of_a_hundred_megabytes(tmp_path: Path) -> None:
    write(tmp_path, {"long.py": b"x = '" + b"a" * 100_000_000 + b"'\n", "other.py": "def short(): pass\n"})
    assert [(skip.file, skip.reason) for skip in index(tmp_path).skipped] == [("long.py", "ignored-size")]
    report = index(tmp_path, max_file_bytes=1 << 30)
    assert [(skip.file, skip.reason) for skip in report.skipped] == [("long.py", "minified")]
    assert found(tmp_path, "short") == ["other.py::short"]


@pytest.mark.parametrize(
    "nest", ["(\n" * 10_000, "x = " + "[\n" * 10_000 + "]" * 10_000, "f(" * 10_000, "{1: \n" * 10_000]
)
def test_ten_thousand_nested_brackets(tmp_path: Path, nest: str) -> None:
    write(tmp_path, {"deep.py": f"def before(): pass\n{nest}\n", "other.py": "def plain(): pass\n"})
    report = index(tmp_path)
    assert report.files + len(report.skipped) == 2
    assert found(tmp_path, "plain") == ["other.py::plain"]


def test_a_truncated_file_is_indexed_as_far_as_it_goes(tmp_path: Path) -> None:
    write(tmp_path, {"cut.py": "def whole():\n    return 1\n\nclass Half:\n    def method(self, a, b"})
    report = index(tmp_path)
    assert (report.files, report.syntax_errors) == (1, 1)
    assert found(tmp_path, "whole") == ["cut.py::whole"]


def test_a_file_that_vanishes_between_walk_and_parse_is_told(tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "brief.py": "x = 1\n"})
    parse = ProjectParser.parse

    def vanish(self: ProjectParser, batch: list) -> list:  # type: ignore[type-arg]
        (tmp_path / "brief.py").unlink()
        return parse(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectParser, "parse", vanish)
        report = index(tmp_path)
    assert [(skip.file, skip.reason) for skip in report.skipped] == [("brief.py", "unreadable")]
    assert index(tmp_path).skipped == ()


def test_a_pipe_in_the_project_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    os.mkfifo(tmp_path / "pipe.py")
    assert index(tmp_path).files == 3


def test_links_in_circles(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    (tmp_path / "shop" / "again").symlink_to(tmp_path)
    (tmp_path / "same.py").symlink_to(tmp_path / "shop" / "cart.py")
    report = index(tmp_path)
    assert (report.files, [(skip.file, skip.reason) for skip in report.skipped]) == (
        3,
        [("shop/again", "symlink-loop")],
    )


def many_files(root: Path) -> Path:
    body = "".join(f"def function_{number}(a, b):\n    return a + b\n\n\n" for number in range(100))
    return write(root, {f"package/module_{number:03}.py": body for number in range(150)})


@pytest.mark.parametrize("moment", ["ready", "walk 0", "parse", "graph", "store", "done"])
def test_a_killed_run_loses_nothing_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    root = write(tmp_path / "project", {"old.py": "def first(): pass\n"})
    index(root)
    many_files(root)
    run = subprocess.Popen([sys.executable, "-c", INDEX, root], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    for line in run.stdout:
        if line.startswith(moment):
            break
    time.sleep(0.02)  # into the work that the line announces
    run.kill()
    run.communicate()

    with Store.open(root / ".leindex", root) as store:
        assert len(store.find("first")) == 1, "the generation before, or the new one, answers"
        assert store.summary().symbols == (2 if store.generation == 1 else store.summary().symbols)
        assert len(store.find("function_7", limit=1000)) == (0 if store.generation == 1 else 150)
    report = index(root)
    assert (report.files, report.parsed + report.unchanged) == (151, 151)
    if moment in {"graph", "store", "done"}:
        assert report.parsed == 0, "what was parsed before the kill is not parsed again"
    with Store.open(root / ".leindex", root) as store:
        assert len(store.find("function_7", limit=1000)) == 150
        assert store.snapshot_path.exists()
    assert len(list((root / ".leindex").glob("snapshot-*"))) == 1
    assert index(root).parsed == 0


def test_a_second_indexer_at_the_same_time_is_told_who_the_first_is(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    index(tmp_path)
    with StoreWriter.open(tmp_path / ".leindex", tmp_path), pytest.raises(IndexLocked, match=f"process {os.getpid()}"):
        index(tmp_path)
    assert index(tmp_path).parsed == 0


def test_an_index_of_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    index(tmp_path)
    with sqlite3.connect(tmp_path / ".leindex" / "index.db") as database:
        database.execute("INSERT INTO migrations VALUES ('9999_later', 0)")
    database.close()
    with pytest.raises(IndexNewer, match="upgrade leindex-py, or delete that folder and index again"):
        index(tmp_path)
    shutil.rmtree(tmp_path / ".leindex")
    assert index(tmp_path).files == 3


@pytest.mark.parametrize("damage", ["head", "middle", "tail"])
def test_a_damaged_index_is_built_again_from_the_sources(tmp_path: Path, damage: str) -> None:
    root = many_files(tmp_path / "project")
    index(root)
    path = root / ".leindex" / "index.db"
    whole = path.read_bytes()
    third = len(whole) // 3
    junk = os.urandom(third)
    path.write_bytes(
        {"head": junk + whole[third:], "middle": whole[:third] + junk + whole[2 * third :], "tail": whole[:third]}[
            damage
        ]
    )
    write(root, {"new.py": "def fresh(): pass\n"})
    report = index(root)
    assert report.files == 151
    assert found(root, "fresh") == ["new.py::fresh"]
    with Store.open(root / ".leindex", root) as store:
        assert len(store.find("function_7", limit=1000)) == 150


def test_facts_that_are_not_what_was_written_are_made_again(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    index(tmp_path)
    with sqlite3.connect(tmp_path / ".leindex" / "index.db") as database:
        database.execute("UPDATE parsed_files SET facts = substr(facts, 1, 40) WHERE path = 'shop/cart.py'")
    database.close()
    (tmp_path / "new.py").write_text("def fresh(): pass\n")
    report = index(tmp_path)
    assert (report.files, report.parsed) == (4, 4)
    assert found(tmp_path, "Cart.checkout") == ["shop/cart.py::Cart.checkout"]


def test_a_snapshot_that_cannot_be_written_publishes_nothing(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    index(tmp_path)
    (tmp_path / "new.py").write_text("def fresh(): pass\n")
    (tmp_path / ".leindex" / "snapshot-2.bin").mkdir()
    with pytest.raises(IndexFolderReadOnly, match="directory"):
        index(tmp_path)
    assert (found(tmp_path, "fresh"), found(tmp_path, "checkout")) == ([], ["shop/cart.py::Cart.checkout"])
    (tmp_path / ".leindex" / "snapshot-2.bin").rmdir()
    assert index(tmp_path).generation == 2


def test_a_full_disk_ends_in_a_sentence_and_keeps_the_generation_before(tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk without room."""
    root = write(tmp_path / "project", {"old.py": "def first(): pass\n"})
    index(root)
    many_files(root)
    script = """
import resource, signal, sys
from pathlib import Path
from leindex.errors import StoreError
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    index_project(Path(sys.argv[1]), Settings())
except StoreError as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", script, root], capture_output=True, text=True, check=False)
    assert run.stdout.startswith("IndexFolderReadOnly The index cannot be written to"), run.stderr
    assert found(root, "first") == ["old.py::first"]
    assert index(root).files == 151


def test_the_place_of_the_index_is_taken_by_a_file(tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, ".leindex": "mine"})
    with pytest.raises(IndexFolderReadOnly, match="choose another place"):
        index(tmp_path)
    assert (tmp_path / ".leindex").read_text() == "mine"
