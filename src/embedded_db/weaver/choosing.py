"""Which models a file is woven with: those that it was made with, until it is rewoven with others.

The choice lies in the file, as its vectors do: queries by whoever opens it compare with vectors that are there. Nothing
asks whether such a model is installed before it is needed.
"""

from __future__ import annotations

from embedded_db.ml import LIGHT, Models
from embedded_db.storage import chosen, nodes
from embedded_db.storage.store import Store

ALL = "all"


def begin(store: Store, models: Models) -> None:
    """Take the models of the file; a new one keeps those that were named."""
    with store.reading() as database:
        is_new = not chosen.models(database) and not nodes.last_number(database)
    if is_new and models.named:
        with store.writing() as database:
            for stage, model in models.named.items():
                chosen.keep(database, stage, model)
    follow(store, models)


def follow(store: Store, models: Models) -> None:
    """Take the models that another process may have chosen meanwhile."""
    with store.reading() as database:
        models.follow(chosen.models(database))


def choose(store: Store, models: Models, kind: str, model: str | None) -> None:
    """Keep the model of a stage that is woven anew, or those of all; ``model`` takes the place of the one in use.

    Raises:
        DbError: no model can be chosen for that stage.
    """
    choice = {stage: models.of(stage) for stage in LIGHT if kind in (stage, ALL)} if model is None else {kind: model}
    with store.writing() as database:
        for stage, name in choice.items():
            chosen.keep(database, stage, name)
        if model is not None:
            models.use(kind, model)
