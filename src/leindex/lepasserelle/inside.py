"""Answers about the inside of functions: the flow of one, and the numbers of many. Neither needs an index."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from leindex.errors import EmptyQuery, OutOfRange, ProjectNotFound
from leindex.leparse.discovery import discover
from leindex.leparse.flow import CodeIntelligence, MeasuredFunction, SignatureInfo, find_symbol, read
from leindex.leparse.languages import languages
from leindex.leparse.outline import language_of, parse_text
from leindex.lepasserelle.reading import Reading
from leindex.lepasserelle.settings import Settings
from leindex.lepasserelle.symbols import the_one
from leindex.lepasserelle.values import Complexities, ControlFlow

MOST_SHOWN = 100_000


def in_file(said: str, folder: Path = Path()) -> ControlFlow | None:
    """Return the flow of ``FILE:NAME`` or ``FILE:LINE``; None if what is said names no file.

    Raises:
        FileNotParsed, LanguageError: the file cannot be read, or nothing is known of its language's flow.
        SymbolNotFound, AmbiguousSymbol: the name means none of its symbols, or several.
    """
    file, colon, name = said.rpartition(":")
    if not colon or not name or not (folder / file).is_file():
        return None
    path = folder / file
    intelligence, source = CodeIntelligence(language_of(path)), read(path)
    file = os.path.relpath(path, folder)
    facts = parse_text(file, source, intelligence.spec.name)
    symbol = find_symbol(facts, int(name) if name.isdecimal() else name)
    return _flow(intelligence, source, file, symbol)


def of_symbol(reading: Reading, root: Path, name: str) -> ControlFlow:
    """Return the flow of a symbol of the index, as its file is now.

    Raises:
        SymbolNotFound, AmbiguousSymbol: the name means no symbol, or several.
        FileNotParsed, LanguageError: its file is gone, or nothing is known of its language's flow.
    """
    if not name.strip():
        raise EmptyQuery
    symbol = the_one(reading, name)
    intelligence, source = CodeIntelligence(symbol.language), read(root / symbol.file)
    facts = parse_text(symbol.file, source, symbol.language)
    same = [each for each in facts.symbols if each.qualified_name == symbol.qualified_name]
    nearest = min(same, key=lambda each: abs(each.start_line - symbol.start_line), default=None)
    now = nearest or find_symbol(facts, symbol.qualified_name)
    return _flow(intelligence, source, symbol.file, now)


def _flow(intelligence: CodeIntelligence, source: bytes, file: str, symbol: SignatureInfo) -> ControlFlow:
    graph = intelligence.compute_cfg(source, symbol)
    statements = {each for block in graph.blocks for each in block.statements}
    texts = {each: source[each.start_byte : each.end_byte].decode(errors="replace") for each in statements}
    return ControlFlow(symbol.qualified_name, file, intelligence.spec.name, graph, texts)


def complexities(path: Path, settings: Settings, top: int) -> Complexities:
    """Return the functions of a file or folder that are hardest to follow, hardest first.

    Raises:
        ProjectNotFound: there is nothing at the path.
        OutOfRange: ``top`` is not from 1 to 100,000.
        FileNotParsed, LanguageError: a file given by name cannot be read, or nothing is known of its language.
    """
    if not 1 <= top <= MOST_SHOWN:
        raise OutOfRange("top", top, 1, MOST_SHOWN)
    if path.is_file():
        found = _of_files(path.parent, [(path.name, language_of(path))])
    elif path.is_dir():
        known = {name for name, spec in languages().by_name.items() if spec.has_flow}
        files = discover(path, languages(), max_file_bytes=settings.max_file_bytes).files
        found = _of_files(path, [(file.path, file.language) for file in files if file.language in known])
    else:
        raise ProjectNotFound(path)
    found.sort(key=lambda each: (-each.metrics.cognitive, -each.metrics.cyclomatic, each.file, each.start_line))
    return Complexities(str(path), len(found), tuple(found[:top]))


def _of_files(root: Path, files: Iterable[tuple[str, str]]) -> list[MeasuredFunction]:
    """Measure files on all cores; the engine works without the interpreter lock."""

    def measured(file: tuple[str, str]) -> list[MeasuredFunction]:
        path, language = file
        return CodeIntelligence(language).measure(read(root / path), path)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return [function for functions in threads.map(measured, files) for function in functions]
