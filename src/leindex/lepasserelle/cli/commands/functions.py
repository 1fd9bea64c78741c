"""``leindex functions``: the functions that `ml_bridge` brings along, listed and called."""

from __future__ import annotations

from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences

group = typer.Typer(help="List and call the built-in ML functions.", no_args_is_help=True, rich_markup_mode=None)


@group.command(name="list")
def listed(config: options.Config = None, json: options.Json = False) -> None:
    """List the functions with what each takes at most."""
    from leindex.lepasserelle.ml import runtime  # noqa: PLC0415
    from leindex.lepasserelle.values import Listing  # noqa: PLC0415

    with errors_as_sentences(), runtime(config) as ml:
        rows = tuple((each.name, each.summary, each.timeout) for each in ml.list_functions())
        emit(Listing("functions", ("name", "what it gives", "seconds at most"), rows), json=json)


@group.command()
def call(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the function.")],
    arguments: Annotated[str, typer.Option("--json", metavar="OBJECT", help="Its arguments, as a JSON object.")] = "{}",
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Stop it after this time.")] = None,
    config: options.Config = None,
) -> None:
    """Call a function and print its result as JSON."""
    from leindex.lepasserelle.ml import arguments_from, result_as_json, runtime  # noqa: PLC0415

    with errors_as_sentences(), runtime(config) as ml:
        typer.echo(result_as_json(ml.call(name, arguments_from(arguments), timeout=timeout)))
