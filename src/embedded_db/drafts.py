"""Turns what users hand over (a dict, keyword arguments) into a checked draft of a row: the one way in for new data.

A draft is complete: it has an id, a time, the hash of its text, and JSON that is known to be JSON. Nothing after this
has to doubt its shape.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedded_db.errors import InvalidNode
from embedded_db.types import COLUMNS, NODE_TYPES, OWN, EdgeRow, NodeRow, NodeType, Provenance, node_type

EDGE_PREFIX, EMBEDDING_PREFIX = "edge", "emb"


class _Own:
    """What tells the ids of this process from those that others make in the same microsecond."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.mark = int.from_bytes(os.urandom(2), "big") << 24
        self.sequence = count(int.from_bytes(os.urandom(3), "big"))


_own = _Own()
os.register_at_fork(after_in_child=_own.renew)  # asking for the process each time would cost a system call an id


class NodeDraft(NamedTuple):
    """A node that can be stored; ``chat_id`` is still the id of its chat. A tuple, as those are made fastest."""

    id: str
    type: str
    chat_id: str | None
    sender: str | None
    role: str | None
    title: str | None
    content: str
    properties: str
    metadata: str
    created_at: int
    hash: bytes
    key: str | None = None
    provenance: Provenance | None = None


class EdgeDraft(NamedTuple):
    """An edge that can be stored."""

    id: str
    from_id: str
    to_id: str
    type: str
    weight: float
    metadata: str
    created_at: int
    provenance: Provenance | None = None


class EmbeddingDraft(NamedTuple):
    """A vector that can be stored: float32, shape (dimensions,)."""

    id: str
    node_id: str
    model: str
    vector: NDArray[np.float32]
    created_at: int
    provenance: Provenance | None = None


def new_id(prefix: str, now: int | None = None) -> str:
    """Return an id that sorts by time, so that new rows land at the end of their index."""
    moment = now or time.time_ns() // 1000
    return f"{prefix}_{moment << 40 | _own.mark | next(_own.sequence) & 0xFFFFFF:024x}"  # one number is written faster


def now() -> int:
    """Return microseconds since 1970."""
    return time.time_ns() // 1000


def text_of(title: str | None, content: str) -> str:
    """Return what the Weaver reads of a node: its title and its content."""
    return f"{title}\n{content}" if title and content else title or content


def said_by(sender: str | None, text: str) -> str:
    """Return what is embedded: who says it belongs to what words mean ("where does Ann live")."""
    return f"{sender}: {text}" if sender and any(map(str.isalnum, text)) else text


def text_hash(title: str | None, content: str, sender: str | None = None) -> bytes:
    """Return 16 bytes that change with the text, and with who says it."""
    return digest(f"{title or ''}\0{content}\0{sender or ''}")


def digest(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    hashed = EMPTY_HASH.copy()  # takes half as long as a new one
    hashed.update(text.encode())
    return hashed.digest()


def entity_key(entity_type: str, label: str) -> str:
    """Return what two mentions of one entity have in common: kind and label, without case, form and spare spaces.

    There is no NUL in it, at which SQLite's reader of JSON would stop.
    """
    same = (normalize("NFKC", one).casefold().replace("\0", " ") for one in (entity_type, label))
    return "\x1f".join(" ".join(one.split()) for one in same)


def entity_id(key: str) -> str:
    """Return what an entity is called, in every file: found again after it was taken away, it is the same."""
    return f"{NODE_TYPES['Entity'].prefix}_{digest(key).hex()}"


def node_draft(data: Mapping[str, Any], provenance: Provenance | None = None) -> NodeDraft:
    """Check a node as users write it: ``type``, and the fields of that type; ``id``, ``created_at``, ``metadata``.

    Raises:
        InvalidNode: a field is missing, unknown or of the wrong type.
    """
    name = data.get("type")
    if not isinstance(name, str) or not name:
        raise InvalidNode(
            f"A node needs a type, such as {', '.join(list(NODE_TYPES)[:3])}, or one of your own.", "type"
        )
    kind = node_type(name)
    (chat_id, sender, role, title, content), properties = _fields(name, kind, data)
    given, metadata = data.get("created_at"), data.get("metadata")
    moment, content = now() if given is None else microseconds(given, "created_at"), content or ""
    key = entity_key(properties.get("entity_type") or "", title or "") if name == "Entity" else None
    identity = data.get("id")
    if identity is not None:
        text(identity, "id")
    else:
        identity = new_id(kind.prefix, moment) if key is None else entity_id(key)
    values = (
        identity, name, chat_id, sender, role, title, content,
        as_json(properties, "properties") if properties else "{}",
        as_json(metadata, "metadata") if metadata is not None else "{}",
        moment, text_hash(title, content, sender), key, provenance,
    )  # fmt: skip
    return tuple.__new__(NodeDraft, values)  # as NodeDraft(*values), in half the time


def fields_of(row: NodeRow) -> dict[str, Any]:
    """Return a node as users write it, the reverse of :func:`node_draft`; what it does not have is left out."""
    fields: dict[str, Any] = {"id": row.id, "type": row.type, "created_at": aware(row.created_at)}
    stored = {
        "chat_id": row.chat_id, "sender": row.sender, "role": row.role, "title": row.title,
        "content": row.content or None,
    }  # fmt: skip
    for name, column in node_type(row.type).columns.items():
        if stored[column] is not None:
            fields[name] = stored[column]
    fields.update(row.properties)
    if row.metadata:
        fields["metadata"] = row.metadata
    return fields


def edited(row: NodeRow, updates: Mapping[str, Any]) -> NodeDraft:
    """Return a node with some fields replaced; None takes a field away. What users change is their own from then on.

    Raises:
        InvalidNode: the result is no node of its type, or ``id`` or ``type`` would change.
    """
    for fixed, value in (("id", row.id), ("type", row.type)):
        if updates.get(fixed, value) != value:
            raise InvalidNode(f"The {fixed} of a node stays; create another node and delete {row.id!r}.", fixed)
    fields = fields_of(row)
    if "content" in node_type(row.type).required:
        fields.setdefault("content", "")
    if updates.get("created_at", "") is None:
        raise InvalidNode("created_at cannot be taken away.", "created_at")
    return node_draft({**fields, **updates})


def edge_draft(
    from_id: str, to_id: str, type: str, metadata: Mapping[str, Any] | None = None, *, weight: float = 1.0,
    id: str | None = None, created_at: object = None, provenance: Provenance | None = None,
) -> EdgeDraft:  # fmt: skip
    """Check an edge. Raises InvalidNode."""
    if not isinstance(weight, NUMBERS) or isinstance(weight, bool) or not math.isfinite(weight) or weight <= 0:
        raise InvalidNode(f"The weight of an edge is the length of a way: a number above 0, not {weight!r}.", "weight")
    if not isinstance(type, str) or not type:
        raise InvalidNode("An edge needs a type, such as RELATES_TO.", "type")
    moment = microseconds(created_at, "created_at")
    return EdgeDraft(
        text(id or new_id(EDGE_PREFIX, moment), "id"), text(from_id, "from_id"), text(to_id, "to_id"),
        text(type, "type"), float(weight), as_json(metadata, "metadata"), moment, provenance,
    )  # fmt: skip


def edited_edge(row: EdgeRow, updates: Mapping[str, Any]) -> EdgeDraft:
    """Return an edge with ``type``, ``weight`` or ``metadata`` replaced. Raises InvalidNode."""
    fields = {"type": row.type, "weight": row.weight, "metadata": row.metadata}
    for name in updates.keys() - fields.keys():
        raise InvalidNode(f"An edge has no {name!r} to change; it has {', '.join(fields)}.", name)
    return edge_draft(row.from_id, row.to_id, **{**fields, **updates}, id=row.id, created_at=aware(row.created_at))


def embedding_draft(
    node_id: str, vector: ArrayLike, model: str, *, id: str | None = None, created_at: object = None,
    provenance: Provenance | None = None,
) -> EmbeddingDraft:  # fmt: skip
    """Check an embedding. Raises InvalidNode."""
    if not isinstance(model, str) or not model:
        raise InvalidNode("An embedding needs the name of its model.", "model")
    moment = microseconds(created_at, "created_at")
    return EmbeddingDraft(
        text(id or new_id(EMBEDDING_PREFIX, moment), "id"), text(node_id, "node_id"), text(model, "model"),
        vector_of(vector), moment, provenance,
    )  # fmt: skip


def vector_of(values: ArrayLike) -> NDArray[np.float32]:
    """Check a vector: numbers in one row that say a direction. Raises InvalidNode."""
    try:
        if type(values) is np.ndarray and values.dtype == np.float32:
            vector = np.asarray(values, order="C")
        else:
            with np.errstate(over="ignore"):  # it is infinite then, and refused below
                vector = np.asarray(values, dtype=np.float32, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidNode(f"A vector is a row of numbers ({error}).", "vector") from None
    if vector.ndim != 1 or not vector.size:
        raise InvalidNode(f"A vector is one row of numbers; this has the shape {vector.shape}.", "vector")
    wide = vector.astype(np.float64)  # in which no square is infinite or 0 that should not be
    if not 0 < wide.dot(wide) < math.inf:
        raise InvalidNode("A vector needs finite numbers that are not all 0; store none for an empty text.", "vector")
    return vector


def microseconds(moment: object, field: str) -> int:
    """Return a time as stored. Takes a datetime, text in ISO 8601, seconds since 1970, or None for now.

    Raises:
        InvalidNode: it is none of these, or outside the years 1 to 9999.
    """
    if moment is None:
        return now()
    try:
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        if isinstance(moment, datetime):
            aware = moment if moment.tzinfo else moment.astimezone()
            whole = aware - EPOCH
            return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds
        if isinstance(moment, NUMBERS) and not isinstance(moment, bool) and math.isfinite(moment):
            return int(datetime.fromtimestamp(moment, UTC).timestamp() * 1_000_000)
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidNode(f"{field} is a datetime, ISO 8601 text or seconds since 1970, not {moment!r}.", field)


def aware(moment: int) -> datetime:
    """Return a stored time as users see it, in UTC."""
    return EPOCH + timedelta(microseconds=moment)


def as_json(value: object, field: str) -> str:
    """Return an object as JSON; None is an empty one. Raises InvalidNode."""
    if not value and (value is None or isinstance(value, Mapping)):
        return "{}"
    if not isinstance(value, Mapping):
        raise InvalidNode(f"{field} is a dict, not {type(value).__name__}.", field)
    try:
        written = json.dumps(dict(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidNode(f"{field} cannot be stored as JSON ({error}).", field) from None
    if written.count("[") + written.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise InvalidNode(f"{field} is deeper than {DEEPEST} levels; flatten it.", field)
    return text(written, field)


def text(value: object, field: str) -> str:
    """Return text that a file can hold. Raises InvalidNode."""
    if not isinstance(value, str):
        raise InvalidNode(f"{field} is text, not {value!r}.", field)
    if field == "id" and (not value or "\0" in value):
        raise InvalidNode("An id is text without NUL, and not empty.", field)
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidNode(f"{field} has half a character at {error.start}; replace lone surrogates.", field) from None
    return value


def _depth(value: object) -> int:
    """Levels of nesting, counted without recursion."""
    levels, current = 0, [value]
    while current:
        inside = [item for one in current if isinstance(one, (Mapping, list, tuple)) for item in _items(one)]
        levels, current = levels + 1, inside
    return levels - 1


def _items(value: Mapping[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value


EMPTY_HASH = hashlib.blake2b(digest_size=16)
DEEPEST = 500  # SQLite reads JSON to a depth of 1,000
NUMBERS = (int, float)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GENERAL = frozenset({"id", "type", "created_at", "metadata"})
KINDS = (*NODE_TYPES.values(), OWN)
PLACES = {kind.name: tuple((field, COLUMNS.index(column)) for field, column in kind.columns.items()) for kind in KINDS}
"""Where in COLUMNS a field of a type has its place."""
KNOWN = {kind.name: GENERAL | kind.columns.keys() for kind in KINDS}
"""Fields of a type that are no properties."""


def _fields(name: str, kind: NodeType, data: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What goes into columns, in the order of COLUMNS, and what into properties."""
    columns: list[Any] = [None] * len(COLUMNS)
    for field, place in PLACES[kind.name]:
        value = data.get(field)
        if value is not None:
            columns[place] = value if type(value) is str and value.isascii() else text(value, field)
    properties: dict[str, Any] = {}
    if not data.keys() <= KNOWN[kind.name]:
        for field, value in data.items():
            if value is not None and field not in KNOWN[kind.name]:
                properties[field] = value
                if name in NODE_TYPES:
                    _check_field(name, kind, field, value)
    for field in kind.required:
        if data.get(field) is None:
            raise InvalidNode(f"{name} needs {field}.", field)
    return columns, properties


def _check_field(name: str, kind: NodeType, field: str, value: object) -> None:
    if field not in kind.fields:
        known = ", ".join((*kind.columns, *kind.fields))
        raise InvalidNode(f"{name} has no field {field!r}; it has {known}. Others belong into metadata.", field)
    if not isinstance(value, kind.fields[field]) or (isinstance(value, bool) and kind.fields[field] is not bool):
        raise InvalidNode(f"{name}.{field} cannot be {value!r}.", field)
