"""The folder of an index and the names in it: database, lock, snapshots, and the file that hides it from git."""

from __future__ import annotations

import re
from pathlib import Path

from leindex.errors import IndexFolderReadOnly
from leindex.lestockage.database import DATABASE_NAME, UNPUBLISHED_NAME

SNAPSHOT = re.compile(r"snapshot-([0-9]+)\.(?:bin|tmp[0-9]+)")


def prepare(folder: Path) -> None:
    """Make the folder, ignoring itself, so that no user has to edit a `.gitignore`.

    Raises:
        IndexFolderReadOnly: if it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise IndexFolderReadOnly(folder, error.strerror or str(error)) from error


def snapshot_path(folder: Path, generation: int) -> Path:
    """Where the snapshot of a generation lies."""
    return folder / f"snapshot-{generation}.bin"


def is_unpublished(folder: Path) -> bool:
    """Whether the database waits for its first generation."""
    return not (folder / DATABASE_NAME).exists()


def unveil_database(folder: Path) -> None:
    """Show readers the database that holds its first generation now. It is closed."""
    (folder / UNPUBLISHED_NAME).rename(folder / DATABASE_NAME)


def remove_snapshots(folder: Path, *, keep: int) -> None:
    """Delete snapshots of other generations and what a killed writer left. Open ones live on until they are closed."""
    for path in folder.iterdir():
        match = SNAPSHOT.fullmatch(path.name)
        if match and (int(match[1]) != keep or path.suffix != ".bin"):
            path.unlink(missing_ok=True)


def remove_database(folder: Path) -> None:
    """Delete what can be made again from the sources. The caller holds the writer lock."""
    for name in (DATABASE_NAME, UNPUBLISHED_NAME):
        for suffix in ("", "-wal", "-shm", "-journal"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)


def index_bytes(folder: Path) -> int:
    """Size of everything in the folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) if folder.is_dir() else 0
