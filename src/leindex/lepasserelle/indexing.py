"""The journey of an index run: walk, compare, parse what changed, put the program together, publish.

Every stage leaves the index usable: parsed files are kept batch by batch, and a new generation appears whole or not at
all. So a run that is killed, whenever that is, costs one batch, and the next one goes on from there. A run that finds
nothing changed reads no file and writes nothing.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from leindex.errors import IndexDamaged, IndexFolderReadOnly, NotAFolder, NotReadable, ProjectNotFound
from leindex.legraphe.native import Program
from leindex.legraphe.program import Assembly, edge_rows
from leindex.leparse.discovery import Discovery, SourceEntry, discover
from leindex.leparse.languages import languages
from leindex.leparse.native import ParsedFile, hash_files
from leindex.leparse.parsing import ProjectParser, batches
from leindex.lepasserelle.native import EngineError, Snapshot, SnapshotUnusable
from leindex.lepasserelle.settings import Settings
from leindex.lestockage.changes import Changes, compare
from leindex.lestockage.folder import snapshot_path
from leindex.lestockage.records import KnownFile, ParsedRow
from leindex.lestockage.writer import Edition, StoreWriter
from leindex.types import Embedder, IndexProgress, IndexReport, Skipped, Stage

Progress = Callable[[IndexProgress], None]
Row = TypeVar("Row")

TELL_EVERY = 500  # files or batches of rows between two words of progress
LEFT_OUT = {"binary": "", "minified": "made by a program, not to be read", "unreadable": ""}
"""What a file's status adds to the report, where the parser gives no detail."""
SLOW = "slow-to-parse"
"""The reason of a file with a grammar that was kept as text."""


def index_project(
    root: Path, settings: Settings, embedder: Embedder | None = None, progress: Progress | None = None
) -> IndexReport:
    """Index a project, or what changed in it since the last run.

    Raises:
        ProjectError: if the folder cannot be read.
        IndexLocked: if another process is indexing it.
        IndexNewer: if a later LeIndex wrote the index.
        IndexFolderReadOnly: if the index cannot be written; the message names the setting that moves it.
    """
    root = readable_folder(root)
    with StoreWriter.open(settings.index_folder(root), root) as writer:
        try:
            return IndexRun(root, settings, writer, embedder, progress).run()
        except IndexDamaged:  # found on the way; the sources are the truth, so begin again with an empty database
            writer.start_over(root)
            return IndexRun(root, settings, writer, embedder, progress).run()


def readable_folder(path: Path) -> Path:
    """Return the absolute path of a folder that can be listed.

    Raises:
        ProjectNotFound, NotAFolder, NotReadable: as their names say.
    """
    root = path.expanduser().resolve()
    if not root.exists():
        raise ProjectNotFound(path)
    if not root.is_dir():
        raise NotAFolder(root)
    if not os.access(root, os.R_OK | os.X_OK):
        raise NotReadable(root)
    return root


class IndexRun:
    """One run, from the walk to the report."""

    def __init__(
        self, root: Path, settings: Settings, writer: StoreWriter, embedder: Embedder | None, progress: Progress | None
    ) -> None:
        self._root = root
        self._settings = settings
        self._writer = writer
        self._model = getattr(embedder, "native", None)  # pooled from facts inside the engine, no text is made for it
        self._progress = progress or (lambda moment: None)
        self._started = time.monotonic()
        self._stages: dict[str, float] = {}
        self._parser = ProjectParser(
            root,
            languages(),
            max_file_bytes=settings.max_file_bytes,
            max_parse_seconds=settings.max_parse_seconds,
            threads=settings.threads,
        )

    def run(self) -> IndexReport:
        """Do what there is to do."""
        with self._stage("walk"):
            found = self._walk()
            known = self._writer.known_files()
            changes = self._look_closer(known, compare(known, found.files, self._parser.fingerprint))
        with self._stage("parse"):
            self._parse(changes)
        if changes.parse or changes.removed or changes.reflag:
            known = self._writer.known_files()
        tally = Tally.of(known, found, changes)
        del known, found, changes  # tens of thousands of objects, while memory is needed for the program
        if self._writer.pending or not self._snapshot_fits():
            self._publish(tally)
        elif list(tally.skipped) != self._writer.skipped_files():
            self._writer.note_skipped(tally.skipped)
        self._tell("done", tally.known, tally.known)
        return self._report(tally)

    # -- the stages ----------------------------------------------------------------------------------------------------

    def _walk(self) -> Discovery:
        self._tell("walk", 0, 0)
        settings = self._settings
        try:
            return discover(
                self._root,
                languages(),
                max_file_bytes=settings.max_file_bytes,
                include_hidden=settings.include_hidden,
                include_vendored=settings.include_vendored,
                threads=settings.threads,
            )
        except OSError as error:
            raise NotReadable(self._root) from error

    def _look_closer(self, known: Mapping[str, KnownFile], changes: Changes[SourceEntry]) -> Changes[SourceEntry]:
        """Read the files whose time alone moved: equal content is noted, other content joins the work."""
        candidates = changes.look_closer
        if not candidates:
            return changes
        paths = [file.path for file in candidates]
        hashes = hash_files(str(self._root), paths, max_file_bytes=self._settings.max_file_bytes)
        same = [now == known[file.path].content_hash for file, now in zip(candidates, hashes, strict=True)]
        touched = [file for file, is_same in zip(candidates, same, strict=True) if is_same]
        if touched:
            self._writer.touch_files([(file.path, file.mtime_ns) for file in touched])
        changes.unchanged += len(touched)
        changes.parse += [file for file, is_same in zip(candidates, same, strict=True) if not is_same]
        changes.parse.sort(key=lambda file: file.path)
        return changes

    def _parse(self, changes: Changes[SourceEntry]) -> None:
        """One batch is parsed while the one before it is written."""
        if changes.removed:
            self._writer.remove_files(changes.removed)
        if changes.reflag:
            self._writer.flag_files(changes.reflag)
        total, done = len(changes.parse), 0
        ahead: deque[Future[list[tuple[SourceEntry, ParsedFile]]]] = deque()
        pool = ThreadPoolExecutor(1, "leindex-parse")
        try:
            work = batches(changes.parse)
            while True:
                batch = next(work, None)
                if batch is not None:
                    ahead.append(pool.submit(self._parser.parse, batch))
                if not ahead:
                    break
                if batch is None or len(ahead) > 1:
                    rows = [self._row(*pair) for pair in ahead.popleft().result()]
                    self._writer.put_files(rows)
                    done += len(rows)
                    self._tell("parse", done, total)
        finally:
            pool.shutdown(cancel_futures=True)

    def _row(self, file: SourceEntry, parsed: ParsedFile) -> ParsedRow:
        """Size and time are those of the walk: a file that changed since then differs from them and is read again."""
        return ParsedRow(
            path=file.path,
            language=file.language,
            size=file.size,
            mtime_ns=file.mtime_ns,
            content_hash=parsed.content_hash,
            status=parsed.status,
            detail=parsed.detail,
            flags=parsed.flags,
            symbols=parsed.symbols,
            syntax_errors=parsed.syntax_errors,
            lines=parsed.lines,
            parser=self._parser.fingerprint(file.language),
            facts=parsed.facts,
        )

    def _snapshot_fits(self) -> bool:
        """Whether graph, text and vector indexes on disk are those of the published generation and of this model."""
        generation = self._writer.generation
        if generation == 0:
            return False
        try:
            snapshot = Snapshot.open(str(snapshot_path(self._writer.folder, generation)))
        except SnapshotUnusable:
            return False
        return snapshot.generation == generation and snapshot.embedder == (self._model.name if self._model else "")

    def _publish(self, tally: Tally) -> None:
        """Rows are written while the engine works: nodes while files are added, edges while the snapshot is saved."""
        facts = self._counted(self._writer.facts(), tally.known)
        try:
            with (
                self._writer.publishing(tally.skipped) as edition,
                Assembly(facts, languages().traits(), self._model) as assembly,
            ):
                with self._stage("graph"):
                    for nodes in assembly.node_rows():
                        edition.put_nodes(nodes)
                    self._tell("graph", tally.known, tally.known)
                    edition.index_names()
                    program = assembly.program()
                with self._stage("store"):
                    self._store(program, edition)
        except EngineError as error:  # facts that are not what was written
            raise IndexDamaged(self._writer.folder, str(error)) from error
        except OSError as error:
            raise IndexFolderReadOnly(self._writer.folder, error.strerror or str(error)) from error

    def _store(self, program: Program, edition: Edition) -> None:
        path = str(snapshot_path(self._writer.folder, edition.generation))
        with ThreadPoolExecutor(1, "leindex-snapshot") as pool:
            saved = pool.submit(program.save, path, edition.generation)
            edition.adopt(program.adopted())
            done = 0
            for number, edges in enumerate(edge_rows(program)):
                if number % TELL_EVERY == 0:
                    self._tell("store", done, program.edge_count)
                done += edition.put_edges(edges)
            saved.result()

    def _counted(self, rows: Iterable[Row], total: int) -> Iterator[Row]:
        for done, row in enumerate(rows):
            if done % TELL_EVERY == 0:
                self._tell("graph", done, total)
            yield row

    # -- telling -------------------------------------------------------------------------------------------------------

    def _tell(self, stage: Stage, done: int, total: int) -> None:
        self._progress(IndexProgress(stage, done, total, time.monotonic() - self._started))

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._stages[name] = time.monotonic() - start

    def _report(self, tally: Tally) -> IndexReport:
        symbols, edges = self._writer.published_counts()
        return IndexReport(
            root=str(self._root),
            generation=self._writer.generation,
            files=tally.files,
            parsed=tally.parsed,
            unchanged=tally.unchanged,
            removed=tally.removed,
            symbols=symbols,
            edges=edges,
            languages=tally.languages,
            skipped=tally.skipped,
            syntax_errors=tally.syntax_errors,
            bytes=tally.bytes,
            seconds=time.monotonic() - self._started,
            stages=self._stages,
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What the report will say of the files."""

    known: int
    files: int
    parsed: int
    unchanged: int
    removed: int
    languages: Mapping[str, int]
    skipped: tuple[Skipped, ...]
    syntax_errors: int
    bytes: int

    @classmethod
    def of(cls, known: Mapping[str, KnownFile], found: Discovery, changes: Changes[SourceEntry]) -> Tally:
        """Count; a file that holds nothing for an index, or less than it could, is told among those left out."""
        usable = [file for file in known.values() if file.status not in LEFT_OUT]
        told = [
            Skipped(path, file.status, file.detail or LEFT_OUT[file.status])
            if file.status in LEFT_OUT
            else Skipped(path, SLOW, f"{file.detail}; kept as text")
            for path, file in known.items()
            if file.status in LEFT_OUT or file.detail
        ]
        return cls(
            known=len(known),
            files=len(usable),
            parsed=len(changes.parse),
            unchanged=changes.unchanged,
            removed=len(changes.removed),
            languages=dict(Counter(file.language for file in usable).most_common()),
            skipped=tuple(sorted([*found.skipped, *told], key=lambda skip: skip.file)),
            syntax_errors=sum(file.syntax_errors > 0 for file in usable),
            bytes=sum(file.size for file in usable),
        )
