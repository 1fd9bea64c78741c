"""Finds the root of a project: the folder asked for, or the indexed project around it."""

from __future__ import annotations

from pathlib import Path

from leindex.errors import NotAFolder, ProjectNotFound
from leindex.lepasserelle.settings import Settings
from leindex.lestockage.database import DATABASE_NAME


def find_root(path: Path, settings: Settings | None = None) -> Path:
    """Return the nearest folder at or above ``path`` that is indexed, or ``path`` itself; absolute, links resolved.

    The search upwards ends at the root of a repository: what lies above it is another project.

    Raises:
        ProjectNotFound: if there is nothing at the path.
        NotAFolder: if the path leads to a file.
    """
    folder = path.resolve()
    if not folder.exists():
        raise ProjectNotFound(path)
    if not folder.is_dir():
        raise NotAFolder(path)
    for around in (folder, *folder.parents):
        place = (settings or Settings.load(around)).index_folder(around)
        if (place / DATABASE_NAME).is_file():
            return around
        if (around / ".git").exists():
            break
    return folder
