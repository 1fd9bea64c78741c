"""``leindex models``: which models can run here, and whether a certain one does.

A model lives as long as the program that loaded it, so there is none to unload between two commands: that is for
programs, with ``MLRuntime.clear_cache``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences

group = typer.Typer(help="See which models can run here, and try one.", no_args_is_help=True, rich_markup_mode=None)


@group.command(name="list")
def listed(json: options.Json = False) -> None:
    """List the kinds of models, what runs each, and whether that is installed."""
    from leindex.lepasserelle.ml import kinds_of_models  # noqa: PLC0415

    emit(kinds_of_models(), json=json)


@group.command()
def load(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A folder, a name of the hub, or `static`.")],
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="embedding, cross-encoder, ner or summarizer.")
    ] = "embedding",
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Load a model to see whether it works, and what it takes."""
    from leindex.lepasserelle.ml import runtime, tried  # noqa: PLC0415

    with errors_as_sentences(), runtime(config) as ml:
        emit(tried(ml, name, kind), json=json)
