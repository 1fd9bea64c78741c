"""``leindex memory``: what people said, kept in one file by `embedded_db`: stored, found again, linked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import Exit, emit, errors_as_sentences, remark

group = typer.Typer(
    help="Keep what people said in one file, and find it again. "
    "Beside a large FILE lies the folder FILE-index, which makes it quick to open; it may be deleted.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="The database.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Embedding model: a folder or name. Default: the file's.")
]


@group.command(name="open")
def opened(file: File, json: options.Json = False) -> None:
    """Make a database if there is none, and show how much is in it."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file, make=True) as db:
        emit(memory.contents(db), json=json)


@group.command()
def add(
    file: File,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What was said; - reads it from input.")] = None,
    *,
    chat: Annotated[str, typer.Option("--chat", metavar="ID", help="Its chat; made if there is none.")] = "chat",
    sender: Annotated[str | None, typer.Option("--sender", metavar="NAME", help="Who said it.")] = None,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Such as user or assistant.")] = None,
    source: Annotated[Path | None, typer.Option("--from", metavar="PATH", help="Read an export instead.")] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Of the export: jsonl, parquet, chatgpt or claude.")
    ] = "jsonl",
    model: Model = None,
    json: options.Json = False,
) -> None:
    """Store a message, or the conversations of an export, and wait until they can be found by meaning."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    if (text is None) == (source is None):
        raise typer.BadParameter("give a TEXT, or an export with --from")
    said = typer.get_text_stream("stdin").read() if text == "-" else text
    with errors_as_sentences(), memory.opened(file, make=True, weave=True, model=model) as db:
        if source is not None:
            emit(memory.load(db, source, form), json=json)
        else:
            emit(memory.add(db, said or "", chat, sender, role), json=json)
        _wait(db)


@group.command()
def chats(file: File, json: options.Json = False) -> None:
    """List the chats: id, title, topic, number of messages, last change."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file) as db:
        emit(memory.chats(db), json=json)


@group.command()
def query(
    file: File,
    question: options.Query,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most results to show.")] = 10,
    chat: Annotated[str | None, typer.Option("--chat", metavar="ID", help="Only of this chat.")] = None,
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only of this type.")] = None,
    sender: Annotated[str | None, typer.Option("--sender", metavar="NAME", help="Only by this person.")] = None,
    threshold: Annotated[float, typer.Option("--threshold", metavar="0..1", help="Least similarity.")] = 0.0,
    model: Model = None,
    json: options.Json = False,
) -> None:
    """Find what was said about something, by meaning and by words."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file, model=model) as db:
        found = memory.query(db, question, chat=chat, kind=kind, sender=sender, threshold=threshold, limit=limit)
        emit(found, json=json)
    if not found.hits:
        raise typer.Exit(Exit.NOTHING_FOUND)


@group.command()
def path(
    file: File,
    start: Annotated[str, typer.Argument(metavar="START", help="Id of a node.")],
    end: Annotated[str, typer.Argument(metavar="END", help="Id of another.")],
    json: options.Json = False,
) -> None:
    """Show the shortest way between two nodes."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file) as db:
        found = memory.way(db, start, end)
        emit(found, json=json)
    if not found.rows and start != end:
        remark(f"no way leads from {start} to {end}.")
        raise typer.Exit(Exit.NOTHING_FOUND)


@group.command()
def status(file: File, json: options.Json = False) -> None:
    """Show what the Weaver still has to do, and what it could not."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file) as db:
        emit(memory.weaving(db), json=json)


@group.command()
def reweave(
    file: File,
    kind: Annotated[
        str, typer.Argument(metavar="STAGE", help="embed, entities, link, summarise, topic, words, all or failed.")
    ] = "all",
    model: Model = None,
    json: options.Json = False,
) -> None:
    """Make again what was made of the texts, after a better model or damage."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file, weave=True, model=model) as db:
        db.reweave(kind)
        _wait(db)
        emit(memory.contents(db), json=json)


@group.command()
def export(
    file: File,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="File of lines, or folder of tables.")],
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="jsonl or parquet.")] = "jsonl",
    derived: Annotated[bool, typer.Option("--derived", help="With what the Weaver made of it.")] = False,
    json: options.Json = False,
) -> None:
    """Write what is stored into a file that others can read."""
    from leindex.lepasserelle import memory  # noqa: PLC0415

    with errors_as_sentences(), memory.opened(file) as db:
        emit(memory.save(db, target, form, derived), json=json)


def _wait(db: object) -> None:
    from embedded_db import EmbeddedDB  # noqa: PLC0415
    from leindex.lepasserelle import memory  # noqa: PLC0415

    assert isinstance(db, EmbeddedDB)
    left = memory.woven(db)
    if left is not None:
        remark(left)
