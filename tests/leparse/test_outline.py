"""Single files, without a project: what the outline of one says, and what many of them stream."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from leindex import FileFacts, parse_file, parse_many
from leindex.errors import FileNotParsed
from leindex.leparse import outline
from leindex.leparse.outline import Import, Parameter, Reference

SHOP = '''"""Sells things."""

from store.db import Store as Shelf


class Cart(Base):
    """Holds what is bought.

    Until it is paid.
    """

    def add(self, item: str, *, count: int = 1) -> None:
        if count > 1:
            self.shelf.take(item)
'''


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop" / "cart.py"
    file.parent.mkdir()
    file.write_text(SHOP, encoding="utf-8")
    return file


def test_the_facts_of_a_file_are_values_with_names(shop: Path, tmp_path: Path) -> None:
    facts = parse_file(shop, tmp_path)
    assert (facts.path, facts.language, facts.lines, facts.syntax_errors) == ("shop/cart.py", "python", 14, 0)
    module, cart, add = facts.symbols
    assert (module.qualified_name, module.summary, module.parent) == ("shop.cart", "Sells things.", None)
    assert (cart.kind, cart.summary, cart.parent) == ("class", "Holds what is bought.", 0)
    assert (add.kind, add.qualified_name, add.complexity, add.parent) == ("method", "shop.cart.Cart.add", 2, 1)
    assert add.parameters[1:] == (
        Parameter("item", "str", None, "positional"),
        Parameter("count", "int", "1", "keyword-only"),
    )
    assert add.returns == "None"
    assert SHOP.encode()[add.start_byte : add.end_byte].startswith(b"def add(self")
    assert facts.imports == (Import("store.db", "Store", "Shelf", 0, 3),)
    assert Reference("inherit", "Base", None, 1, 6) in facts.references
    assert Reference("call", "take", "self.shelf", 2, 14) in facts.references


def test_a_file_alone_is_named_from_its_own_folder(shop: Path) -> None:
    assert parse_file(shop).symbols[0].qualified_name == "cart"


def test_broken_code_is_parsed_as_far_as_it_goes(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def whole(): return 1\n\ndef half(:\n    retur\n", encoding="utf-8")
    facts = parse_file(broken)
    assert facts.syntax_errors > 0
    assert "whole" in {symbol.name for symbol in facts.symbols}


def test_the_first_line_names_a_language_where_the_name_does_not(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/usr/bin/env python3\ndef run(): ...\n", encoding="utf-8")
    assert parse_file(tool).language == "python"
    notes = tmp_path / "notes"
    notes.write_text("Only words.\n", encoding="utf-8")
    assert parse_file(notes).language == "text"


def test_what_is_no_source_says_why(tmp_path: Path) -> None:
    (tmp_path / "image.py").write_bytes(b"\x89PNG\0\0\0")
    for name, reason in (
        ("absent.py", "No such file"),
        ("absent", "No such file"),
        ("image.py", "holds bytes that no text has"),
    ):
        with pytest.raises(FileNotParsed, match=reason):
            parse_file(tmp_path / name)


def test_many_files_come_in_their_order_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}.{suffix}" for number in range(6) for suffix in ("py", "go")]
    for name in names:
        text = "def f(): ...\n" if name.endswith("py") else "package m\n\nfunc f() {}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(outline, "AT_ONCE", 5)
    asked = iter([tmp_path / name for name in names])
    stream = parse_many(asked, tmp_path)
    assert inspect.isgenerator(stream)
    first = next(stream)
    assert isinstance(first, FileFacts)
    assert len(list(asked)) == len(names) - 5, "the rest waits until it is wanted"
    assert [first.path, *(facts.path for facts in stream)] == names[:5]
