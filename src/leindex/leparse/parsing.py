"""Parses many files: in batches small enough to keep in memory and large enough to keep every core busy.

What the engine makes of a file depends on the grammar, on the language's rules and on the engine itself; a parser's
fingerprint covers all three, and facts kept under another one are made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from leindex import __version__
from leindex.leparse.discovery import SourceEntry
from leindex.leparse.languages import Languages
from leindex.leparse.native import ParsedFile, parse_files

BATCH_BYTES = 16 << 20  # about a second of parsing: often enough for progress and for a run that is killed
BATCH_FILES = 4096


def batches(files: Sequence[SourceEntry]) -> Iterator[list[SourceEntry]]:
    """Cut the work into batches, in order."""
    batch: list[SourceEntry] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.size
        if size >= BATCH_BYTES or len(batch) >= BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class ProjectParser:
    """Parses the files of one project."""

    def __init__(
        self, root: Path, languages: Languages, *, max_file_bytes: int, max_parse_seconds: int = 10, threads: int = 0
    ) -> None:
        self._root = str(root)
        self._languages = languages
        self._max_file_bytes = max_file_bytes
        self._max_parse_seconds = max_parse_seconds
        self._threads = threads
        self._fingerprints: dict[str, str] = {}

    def fingerprint(self, language: str) -> str:
        """Tells the parser of a language from its earlier and later versions."""
        known = self._fingerprints.get(language)
        if known is None:
            said = f"{__version__}\0{self._languages[language].fingerprint}"
            known = self._fingerprints[language] = blake2b(said.encode(), digest_size=8).hexdigest()
        return known

    def parse(self, batch: Sequence[SourceEntry]) -> list[tuple[SourceEntry, ParsedFile]]:
        """Parse a batch on all cores; the answer is in its order. Broken sources are results, never errors.

        Raises:
            LanguageError: if a grammar is missing.
        """
        largest_first = sorted(batch, key=lambda file: file.size, reverse=True)  # nobody waits for a last giant
        names = sorted({file.language for file in batch})
        numbers = {name: number for number, name in enumerate(names)}
        parsed = parse_files(
            self._root,
            [(file.path, numbers[file.language], file.flags) for file in largest_first],
            [self._languages[name].native for name in names],
            max_bytes=self._max_file_bytes,
            max_seconds=self._max_parse_seconds,
            threads=self._threads,
        )
        return sorted(zip(largest_first, parsed, strict=True), key=lambda pair: pair[0].path)
