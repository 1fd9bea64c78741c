"""The models that a file is woven with, so that whoever opens it next goes on with them."""

from __future__ import annotations

import sqlite3


def models(database: sqlite3.Connection) -> dict[str, str]:
    """Return name or folder of each model that was chosen, by stage."""
    return dict(database.execute("SELECT stage, model FROM chosen_models"))


def keep(database: sqlite3.Connection, stage: str, model: str) -> None:
    """Note the model of a stage."""
    database.execute("INSERT OR REPLACE INTO chosen_models VALUES (?, ?)", (stage, model))
