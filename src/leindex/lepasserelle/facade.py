"""LeIndex as a library: one object per project, whose methods are the commands of the terminal.

    with LeIndex("path") as index:
        index.search("retry with backoff")
        print(index.analyze("how does connection pooling work", budget=2000).text)

An object may be used from several threads. Questions are answered from the newest published generation; the first
question indexes if there is none, and a question during an index run is answered from the generation before it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from leindex.errors import EmptyQuery, IndexDamaged, OutOfRange
from leindex.lepasserelle import answering, indexing, inside, symbols
from leindex.lepasserelle.project import find_root
from leindex.lepasserelle.reading import Generations, NothingPublished, Reading
from leindex.lepasserelle.settings import Settings
from leindex.lepasserelle.values import Complexities, ControlFlow, Definition, Relations, Status
from leindex.lerecherche.embedders import default_embedder
from leindex.lestockage.store import Store
from leindex.types import Context, IndexProgress, IndexReport, SearchHit

Progress = Callable[[IndexProgress], None]
MOST_HITS = 1000
MOST_TOKENS = 1_000_000
SHOWN_TOKENS = 20_000
"""Of one symbol's source; about two thousand lines."""


class LeIndex:
    """One project and its index."""

    def __init__(self, path: str | os.PathLike[str] = ".", settings: Settings | None = None) -> None:
        """Open the project at ``path``, or the indexed project around it. Nothing is indexed yet.

        Raises:
            ProjectNotFound: if there is nothing at the path.
            NotAFolder: if the path leads to a file.
            SettingsError: if the project's settings are wrong.
        """
        self.root = find_root(Path(path), settings)
        """Absolute path of the project."""
        self.settings = settings or Settings.load(self.root)
        self.folder = self.settings.index_folder(self.root)
        """Where the index lies."""
        self._generations = Generations(self.folder, self.root, default_embedder)
        self._indexing = threading.Lock()

    def index(self, progress: Progress | None = None) -> IndexReport:
        """Index the project, or what changed in it since the last time.

        Raises:
            ProjectError: if the folder cannot be read.
            IndexLocked: if another process is indexing it.
            IndexFolderReadOnly: if the index cannot be written.
        """
        with self._indexing:
            return self._index(progress)

    def _index(self, progress: Progress | None) -> IndexReport:
        return indexing.index_project(self.root, self.settings, default_embedder(), progress)

    def is_indexed(self) -> bool:
        """Whether a question can be answered without indexing first.

        Raises:
            StoreError: if there is an index that cannot be used.
        """
        try:
            with self._generations.read():
                return True
        except NothingPublished:
            return False

    def ensure_indexed(self, progress: Progress | None = None) -> IndexReport | None:
        """Index if there is no index yet; None if there was one. Callers that come meanwhile wait for the same run.

        Raises:
            ProjectError: if the folder cannot be read.
            StoreError: if the index cannot be used or written.
        """
        with self._indexing:
            return None if self.is_indexed() else self._index(progress)

    def _reading(self) -> Reading:
        try:
            return self._generations.read()
        except NothingPublished:
            self.ensure_indexed()
        try:
            return self._generations.read()
        except NothingPublished as error:
            raise IndexDamaged(self.folder, "its snapshot cannot be read") from error

    def search(self, query: str, limit: int = 10) -> list[SearchHit]:
        """Return symbols that match words or a question, best first.

        Raises:
            EmptyQuery: if the query has no letter or digit.
            OutOfRange: if the limit is not from 1 to 1,000.
        """
        _check("limit", limit, MOST_HITS)
        _check_words(query)
        with self._reading() as reading:
            return reading.search(query, limit)

    def analyze(self, query: str, budget: int = 2000) -> Context:
        """Return the code that answers a question, within a budget of cl100k tokens.

        Raises:
            EmptyQuery: if the query has no letter or digit.
            OutOfRange: if the budget is not from 1 to 1,000,000.
        """
        _check("budget", budget, MOST_TOKENS)
        _check_words(query)
        with self._reading() as reading:
            return answering.answer(reading, query, budget)

    def show(self, symbol: str, budget: int = SHOWN_TOKENS) -> Definition:
        """Return a symbol with its source, at most ``budget`` cl100k tokens of it.

        Raises:
            SymbolNotFound: if nothing bears the name; near names are suggested.
            AmbiguousSymbol: if several symbols do; all of them are listed.
        """
        _check("budget", budget, MOST_TOKENS)
        with self._reading() as reading:
            return symbols.define(reading, symbol, budget)

    def callers(self, symbol: str) -> Relations:
        """Return who calls, extends or uses a symbol.

        Raises:
            SymbolNotFound: if nothing bears the name; near names are suggested.
            AmbiguousSymbol: if several symbols do; all of them are listed.
        """
        with self._reading() as reading:
            return symbols.related(reading, symbol, "callers")

    def callees(self, symbol: str) -> Relations:
        """Return what a symbol calls, extends or uses.

        Raises:
            SymbolNotFound: if nothing bears the name; near names are suggested.
            AmbiguousSymbol: if several symbols do; all of them are listed.
        """
        with self._reading() as reading:
            return symbols.related(reading, symbol, "callees")

    def cfg(self, symbol: str) -> ControlFlow:
        """Return how control goes through a function: a symbol of the project, or ``FILE:NAME`` or ``FILE:LINE``.

        Raises:
            SymbolNotFound: if nothing bears the name; near names are suggested.
            AmbiguousSymbol: if several symbols do; all of them are listed.
            FileNotParsed: if its file cannot be read any more.
            LanguageError: if nothing is known of the flow of its language.
        """
        flow = inside.in_file(symbol, self.root)
        if flow is not None:
            return flow
        with self._reading() as reading:
            return inside.of_symbol(reading, self.root, symbol)

    def complexity(self, path: str | os.PathLike[str] = ".", top: int = 20) -> Complexities:
        """Return the functions of a file or folder of the project that are hardest to follow. Needs no index.

        Raises:
            ProjectNotFound: if there is nothing at the path.
            OutOfRange: if ``top`` is not from 1 to 100,000.
            FileNotParsed: if the file cannot be read.
            LanguageError: if nothing is known of the flow of its language.
        """
        return inside.complexities(self.root / path, self.settings, top)

    def status(self) -> Status:
        """Return what is known of the project, without indexing anything.

        Raises:
            StoreError: if there is an index that cannot be used.
        """
        with Store.open(self.folder, self.root) as store:
            summary = store.summary()
        skipped: dict[str, int] = {}
        for each in summary.skipped:
            skipped[each.reason] = skipped.get(each.reason, 0) + 1
        moment = datetime.fromtimestamp(summary.published_at, UTC)
        return Status(
            root=str(self.root),
            folder=str(self.folder),
            generation=summary.generation,
            files=summary.files,
            symbols=summary.symbols,
            edges=summary.edges,
            languages=summary.languages,
            kinds=summary.kinds,
            skipped=skipped,
            indexed_at=moment.isoformat(timespec="seconds") if summary.published_at else "",
            bytes_on_disk=summary.index_bytes,
        )

    def close(self) -> None:
        """Let go of the index; a later question opens it again."""
        self._generations.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check(what: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise OutOfRange(what, value, 1, most)


def _check_words(query: str) -> None:
    if not any(character.isalnum() for character in query):
        raise EmptyQuery
