"""Python's own parser is the judge: what we say of the standard library is what `ast` says of it.

A part of the files takes part in each run of the tests, spread over the whole library; `ACCURACY=all` takes every one.
Four differences are ours on purpose: a forward reference loses its quotes, white space is folded, a base that is no
name names what it is made from, and `from __future__` brings nothing into scope. A definition of ours that `ast` does
not know is a name bound to a lambda or to a call that makes a class.
"""

from __future__ import annotations

import ast
import os
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from leindex import FileFacts, parse_many
from leindex.leparse.outline import FileSymbol

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
EVERY = 1 if os.environ.get("ACCURACY") == "all" else 8
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def library() -> Iterator[tuple[FileFacts, ast.Module]]:
    """Files of the standard library, seen by us and by Python. What either cannot parse is left out."""
    trees: dict[str, ast.Module] = {}
    for path in sorted(LIBRARY.rglob("*.py"))[::EVERY]:
        if "site-packages" in path.parts:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                trees[path.relative_to(LIBRARY).as_posix()] = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
    for facts in parse_many([LIBRARY / path for path in trees], LIBRARY):
        if not facts.syntax_errors:
            yield facts, trees[facts.path]


@pytest.fixture(scope="module")
def seen() -> list[tuple[FileFacts, ast.Module]]:
    files = list(library())
    assert len(files) > 1500 // EVERY
    return files


def definitions(tree: ast.AST) -> Iterator[tuple[Definition, int]]:
    """Functions and classes, each with its first line, decorators included."""
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            yield node, min(each.lineno for each in [node, *node.decorator_list])


def pairs(seen: list[tuple[FileFacts, ast.Module]]) -> Iterator[tuple[str, FileFacts, int, FileSymbol, Definition]]:
    """Definitions that both know: where, the file, our number of it, ours, Python's."""
    for facts, tree in seen:
        ours = {(symbol.start_line, symbol.end_line, symbol.name): at for at, symbol in enumerate(facts.symbols)}
        for node, first in definitions(tree):
            at = ours.get((first, node.end_lineno or 0, node.name))
            if at is not None:
                yield f"{facts.path}:{first} {node.name}", facts, at, facts.symbols[at], node


def written(node: ast.AST | None) -> str | None:
    return None if node is None else ast.unparse(node)


def plain(text: str | None) -> str | None:
    """One spelling of an expression: Python's, without quotes, white space and escapes."""
    if text is None:
        return None
    with suppress(SyntaxError):  # `*tuple[int, ...]` is no expression by itself
        text = ast.unparse(ast.parse(text, mode="eval").body)
    return "".join(text.translate({34: None, 39: None, 92: None}).split())


def test_every_definition_is_found_with_its_lines(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    missing, known = [], 0
    for facts, tree in seen:
        wanted = Counter((first, node.end_lineno, node.name) for node, first in definitions(tree))
        missing += [(facts.path, *lost) for lost in wanted - Counter(lines_of(facts))]
        known += wanted.total()
    assert known > 60_000 // EVERY
    assert missing == []


def lines_of(facts: FileFacts) -> list[tuple[int, int, str]]:
    return [(symbol.start_line, symbol.end_line, symbol.name) for symbol in facts.symbols]


def test_what_is_written_as_a_definition_is_one(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    extra = []
    for facts, tree in seen:
        wanted = Counter((first, node.end_lineno, node.name) for node, first in definitions(tree))
        found = Counter(
            (symbol.start_line, symbol.end_line, symbol.name)
            for symbol in facts.symbols
            if symbol.kind in ("function", "method", "class")
            and symbol.signature.startswith(("def ", "async def ", "class "))
        )
        extra += [(facts.path, *each) for each in found - wanted]
    assert extra == []


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.arg, ast.expr | None, str]]:
    said = node.args
    listed = said.posonlyargs + said.args
    defaults = [None] * (len(listed) - len(said.defaults)) + said.defaults
    for place, (parameter, default) in enumerate(zip(listed, defaults, strict=True)):
        yield parameter, default, "positional-only" if place < len(said.posonlyargs) else "positional"
    if said.vararg:
        yield said.vararg, None, "variadic"
    for parameter, default in zip(said.kwonlyargs, said.kw_defaults, strict=True):
        yield parameter, default, "keyword-only"
    if said.kwarg:
        yield said.kwarg, None, "keyword-variadic"


def test_signatures_are_equal(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    differences = []
    for where, _, _, symbol, node in pairs(seen):
        if isinstance(node, ast.ClassDef):
            continue
        wanted = [
            (each.arg, plain(written(each.annotation)), plain(written(default)), kind)
            for each, default, kind in parameters(node)
        ]
        ours = symbol.parameters
        found = [(each.name.lstrip("*"), plain(each.type), plain(each.default), each.kind) for each in ours]
        if (found, plain(symbol.returns)) != (wanted, plain(written(node.returns))):
            differences.append((where, found, wanted))
    assert differences == []


def test_bases_that_are_names_are_equal(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    differences = []
    for where, facts, at, _, node in pairs(seen):
        if not isinstance(node, ast.ClassDef) or any(each.arg is None for each in node.keywords):
            continue  # `class A(**made)` has bases that nobody can read
        if not all(isinstance(base, ast.Name | ast.Attribute) for base in node.bases):
            continue
        ours = [each for each in facts.references if each.kind == "inherit" and each.owner == at]
        found = {f"{each.receiver}.{each.name}" if each.receiver else each.name for each in ours}
        if found != {ast.unparse(base) for base in node.bases}:
            differences.append((where, found))
    assert differences == []


def is_in_pieces(facts: FileFacts, node: Definition) -> bool:
    """Whether the docstring is several strings, one after the other, which is none to us."""
    source = (LIBRARY / facts.path).read_bytes()
    opening = source.splitlines()[node.body[0].lineno - 1].strip()
    return opening.startswith(b'""""')


def test_summaries_are_the_first_line_of_the_docstring(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    differences = []
    for where, facts, _, symbol, node in pairs(seen):
        said = ast.get_docstring(node) or ""
        first = next((line.strip() for line in said.splitlines() if any(map(str.isalnum, line))), "")
        if "\\" in symbol.summary or len(first) > 200:  # shown as written, and cut
            continue
        if first != symbol.summary and not is_in_pieces(facts, node):
            differences.append((where, symbol.summary, first))
    assert differences == []


def test_imports_are_equal(seen: list[tuple[FileFacts, ast.Module]]) -> None:
    differences = []
    for facts, tree in seen:
        wanted: Counter[tuple[str, str | None, str | None, int, int]] = Counter()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                wanted.update((each.name, None, each.asname, 0) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                wanted.update((node.module or "", each.name, each.asname, node.level) for each in node.names)
        found = Counter((each.path, each.name, each.alias, each.level) for each in facts.imports)
        if found != wanted:
            differences.append((facts.path, found - wanted, wanted - found))
    assert differences == []
