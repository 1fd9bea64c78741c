"""Index runs end to end: what they find, what they leave alone, and what they say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leindex.legraphe.native import Snapshot
from leindex.leparse.parsing import ProjectParser
from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
from leindex.lestockage.store import Store
from leindex.types import IndexProgress
from ml_bridge import StaticEmbedder
from tests.lepasserelle.projects import SHOP, found, index, on_disk, write


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "the shop", SHOP)


def test_a_first_run_indexes_everything(shop: Path) -> None:
    report = index(shop)
    assert (report.generation, report.files, report.parsed, report.unchanged, report.removed) == (1, 3, 3, 0, 0)
    assert report.languages == {"python": 2, "text": 1}
    assert (report.root, report.skipped, report.syntax_errors) == (str(shop), (), 0)
    assert report.bytes == sum(len(text) for text in SHOP.values())
    assert list(report.stages) == ["walk", "parse", "graph", "store"]
    assert found(shop, "Cart.checkout") == ["shop/cart.py::Cart.checkout"]


def test_store_and_snapshot_speak_of_the_same_nodes(shop: Path) -> None:
    report = index(shop)
    with Store.open(shop / ".leindex", shop) as store:
        snapshot = Snapshot.open(str(store.snapshot_path))
        assert (snapshot.generation, snapshot.node_count, snapshot.edge_count) == (1, report.symbols, report.edges)
        (checkout,), (total,) = store.find("checkout"), store.find("shop.price.total")
        assert (total.node, "call") in [edge[:2] for edge in snapshot.edges(checkout.node, "out")]
        modules = [symbol for symbol in store.symbols(range(report.symbols)) if symbol.kind == "module"]
        assert [module.file for module in modules] == sorted(SHOP)
        for module in modules:
            file = store.file(module.file)
            assert file is not None and file.first_node == module.node
        assert (shop / total.file).read_bytes()[total.start_byte : total.end_byte].startswith(b"def total(cart):")


def test_a_run_without_a_change_writes_nothing(shop: Path) -> None:
    index(shop)
    before = on_disk(shop / ".leindex")
    report = index(shop)
    assert (report.generation, report.parsed, report.unchanged) == (1, 0, 3)
    assert (report.symbols, report.files) == (index(shop).symbols, 3)
    assert on_disk(shop / ".leindex") == before


def test_only_what_changed_is_parsed_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(shop)
    seen: list[str] = []
    parse = ProjectParser.parse
    monkeypatch.setattr(
        ProjectParser, "parse", lambda self, batch: seen.extend(f.path for f in batch) or parse(self, batch)
    )
    write(
        shop,
        {"shop/price.py": "def total(cart):\n    return 1\n\n\ndef discount():\n    return 2\n", "new.py": "x = 1\n"},
    )
    (shop / "README.md").unlink()
    report = index(shop)
    assert seen == ["new.py", "shop/price.py"]
    assert (report.generation, report.parsed, report.unchanged, report.removed, report.files) == (2, 2, 1, 1, 3)
    assert found(shop, "discount") == ["shop/price.py::discount"]
    assert found(shop, "README.md") == []
    assert [path.name for path in (shop / ".leindex").glob("snapshot-*")] == ["snapshot-2.bin"]


def test_a_touched_file_is_read_but_not_parsed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(shop)
    os.utime(shop / "shop/cart.py", ns=(7, 7))
    monkeypatch.setattr(ProjectParser, "parse", lambda self, batch: pytest.fail(f"parsed {batch}"))
    report = index(shop)
    assert (report.generation, report.parsed, report.unchanged) == (1, 0, 3)
    with Store.open(shop / ".leindex", shop) as store:
        file = store.file("shop/cart.py")
        assert file is not None and file.mtime_ns == 7


def test_a_change_that_keeps_the_size_is_found(shop: Path) -> None:
    index(shop)
    write(shop, {"shop/price.py": SHOP["shop/price.py"].replace("total", "tutti")})
    assert index(shop).parsed == 1
    assert found(shop, "tutti") == ["shop/price.py::tutti"]


def test_another_parser_parses_everything_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(shop)
    monkeypatch.setattr("leindex.leparse.parsing.__version__", "99.0")
    report = index(shop)
    assert (report.generation, report.parsed) == (2, 3)


@pytest.mark.parametrize("loss", ["missing", "truncated", "of another generation"])
def test_a_lost_snapshot_is_made_again_without_parsing(shop: Path, monkeypatch: pytest.MonkeyPatch, loss: str) -> None:
    index(shop)
    snapshot = shop / ".leindex" / "snapshot-1.bin"
    if loss == "missing":
        snapshot.unlink()
    elif loss == "truncated":
        snapshot.write_bytes(snapshot.read_bytes()[:100])
    else:
        other = write(shop.parent / "other", {"a.py": "x = 1\n"})
        index(other)
        write(other, {"b.py": "y = 1\n"})
        index(other)
        (other / ".leindex" / "snapshot-2.bin").replace(snapshot)
    monkeypatch.setattr(ProjectParser, "parse", lambda self, batch: pytest.fail(f"parsed {batch}"))
    report = index(shop)
    assert (report.generation, report.parsed) == (2, 0)
    with Store.open(shop / ".leindex", shop) as store:
        assert Snapshot.open(str(store.snapshot_path)).node_count == report.symbols


def test_vectors_of_another_embedder_are_made_again_without_parsing(shop: Path) -> None:
    embedder = StaticEmbedder()
    index(shop)
    report = index_project(shop, Settings(), embedder)
    assert (report.generation, report.parsed) == (2, 0)
    with Store.open(shop / ".leindex", shop) as store:
        snapshot = Snapshot.open(str(store.snapshot_path))
        assert (snapshot.embedder, snapshot.dimensions) == (embedder.name, embedder.dimensions)
    assert index_project(shop, Settings(), embedder).generation == 2
    assert index(shop).generation == 3


def test_progress_goes_through_the_stages_in_order_and_ends_done(shop: Path) -> None:
    moments: list[IndexProgress] = []
    index_project(shop, Settings(), progress=moments.append)
    assert list(dict.fromkeys(moment.stage for moment in moments)) == ["walk", "parse", "graph", "store", "done"]
    assert all(0 <= moment.done <= moment.total for moment in moments)
    assert moments[-1].done == 3
    assert [moment.seconds for moment in moments] == sorted(moment.seconds for moment in moments)


def test_a_run_that_is_stopped_goes_on_from_there(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(moment: IndexProgress) -> None:
        if moment.stage == "graph":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_project(shop, Settings(), progress=stop)
    monkeypatch.setattr(ProjectParser, "parse", lambda self, batch: pytest.fail(f"parsed {batch}"))
    report = index(shop)
    assert (report.generation, report.parsed, report.unchanged) == (1, 0, 3)


def test_the_settings_decide_what_is_taken(shop: Path) -> None:
    write(shop, {".hidden.py": "h = 1\n", "vendor/lib.py": "v = 1\n", "big.py": "b = 1\n" * 100})
    report = index(shop, max_file_bytes=300)
    assert {skip.file: skip.reason for skip in report.skipped} == {"big.py": "ignored-size", "vendor": "vendored"}
    report = index(shop, include_hidden=True, include_vendored=True)
    assert (report.files, report.parsed, report.skipped) == (6, 3, ())
    with Store.open(shop / ".leindex", shop) as store:
        (vendored,) = store.find("vendor/lib.py")
        assert vendored.file_flags == 4


def test_what_was_left_out_is_told_by_every_run_and_kept(shop: Path) -> None:
    write(shop, {"blob.py": b"\0\0\0", "lib.min.js": "var a=1;", "shop/wide.py": "x = 1\n".encode("utf-16")})
    first, second = index(shop), index(shop)
    reasons = {skip.file: skip.reason for skip in first.skipped}
    assert reasons["blob.py"] == reasons["shop/wide.py"] == "binary"
    assert first.skipped == second.skipped
    assert (first.files, second.files, second.parsed) == (3, 3, 0)
    with Store.open(shop / ".leindex", shop) as store:
        assert store.summary().skipped == first.skipped


def test_a_file_left_out_is_noted_even_if_nothing_else_changed(shop: Path) -> None:
    index(shop)
    write(shop, {"big.py": "b = 1\n" * 500_000})
    assert index(shop).generation == 1
    with Store.open(shop / ".leindex", shop) as store:
        assert [(skip.file, skip.reason) for skip in store.summary().skipped] == [("big.py", "ignored-size")]


def test_a_file_that_is_moved_is_known_by_its_new_place_only(shop: Path) -> None:
    index(shop)
    (shop / "shop/price.py").rename(shop / "price.py")
    report = index(shop)
    assert (report.parsed, report.removed) == (1, 1)
    assert found(shop, "total") == ["price.py::total"]


def test_the_index_can_rest_elsewhere(shop: Path, tmp_path: Path) -> None:
    index(shop, index_dir=tmp_path / "indexes")
    assert not (shop / ".leindex").exists()
    assert Settings(index_dir=tmp_path / "indexes").index_folder(shop).is_dir()


def test_an_empty_project_has_an_empty_index(tmp_path: Path) -> None:
    report = index(tmp_path)
    assert (report.generation, report.files, report.symbols, report.edges) == (1, 0, 0, 0)
    assert index(tmp_path).generation == 1
    write(tmp_path, SHOP)
    assert index(tmp_path).files == 3
