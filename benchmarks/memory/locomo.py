"""How often does a question about a long chat find the messages that answer it? LoCoMo's evidence, without any LLM.

    python -m benchmarks memory locomo --locomo FILE [--model FOLDER ...]

FILE is ``data/locomo10.json`` of the public repository snap-research/locomo (CC BY-NC: for measuring only, and never
part of this one). Each of its ten conversations goes into a database of its own as one chat, with speakers and times as
they are; the caption of a shared picture stands in parentheses behind the text, as LoCoMo's own baselines have it. Each
question of the categories 1 to 4 is asked once, by the public query; recall@10 is the share of its evidence among ten
messages, averaged over questions.

FILE can be a folder as well: ``data`` of the public repository danny911kr/REALTALK, ten chats that people really had in
three weeks, with questions of the same kinds. Nothing was tuned on those.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.memory.baseline import Baseline
from embedded_db import EmbeddedDB

K = 10
CATEGORIES = {1: "several messages", 2: "time", 3: "inference", 4: "one message"}
PUBLISHED = 0.653  # BM25, character n-grams and neighbouring turns, as measured by others
TURN = re.compile(r"D(\d+):0*(\d+)")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, as it is stored."""

    id: str
    sender: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the messages that answer it."""

    text: str
    evidence: frozenset[str]
    category: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that two people said, and what is asked about it."""

    messages: tuple[Message, ...]
    questions: tuple[Question, ...]


Search = Callable[[str], Sequence[str]]
"""Ids of the ten messages that answer a question best."""


def read(path: Path) -> list[Conversation]:
    """Read the conversations. Evidence that names no message is left out, and a question that then has none."""
    if path.is_dir():
        return [_chat(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(path.glob("*.json"))]
    return [_conversation(sample) for sample in json.loads(path.read_text(encoding="utf-8"))]


def _chat(chat: dict[str, Any]) -> Conversation:
    """One chat of REALTALK; a turn of pictures alone has no text."""
    sessions = (turns for name, turns in chat.items() if re.fullmatch(r"session_\d+", name))
    messages = tuple(
        Message(turn["dia_id"], turn["speaker"], turn["clean_text"] or "", _real_moment(turn["date_time"]))
        for turns in sessions
        for turn in turns
    )
    known = {message.id for message in messages}
    return Conversation(messages, tuple(_questions(chat["qa"], known)))


def _real_moment(text: str) -> datetime:
    """A time such as `29.12.2023, 00:51:12`."""
    return datetime.strptime(text, "%d.%m.%Y, %H:%M:%S").replace(tzinfo=UTC)


def _conversation(sample: dict[str, Any]) -> Conversation:
    said = sample["conversation"]
    messages: list[Message] = []
    for number in range(1, len(said)):
        turns = said.get(f"session_{number}") or []
        start = _moment(said[f"session_{number}_date_time"]) if turns else None
        for place, turn in enumerate(turns):
            caption = f" ({turn['blip_caption']})" if turn.get("blip_caption") else ""
            moment = start + timedelta(seconds=20 * place)
            messages.append(Message(turn["dia_id"], turn["speaker"], turn["text"] + caption, moment))
    known = {message.id for message in messages}
    return Conversation(tuple(messages), tuple(_questions(sample["qa"], known)))


def _questions(rows: list[dict[str, Any]], known: set[str]) -> Iterator[Question]:
    for row in rows:
        named = {f"D{session}:{turn}" for text in row["evidence"] for session, turn in TURN.findall(text)}
        if row["category"] in CATEGORIES and named & known:
            yield Question(row["question"], frozenset(named & known), row["category"])


def _moment(text: str) -> datetime:
    """A time such as `1:56 pm on 8 May, 2023`."""
    return datetime.strptime(text, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)


def ours(conversation: Conversation, model: str | None = None) -> tuple[EmbeddedDB, Search]:
    """A database in memory with the conversation in it, woven; the model is the one that ships if none is named."""
    db = EmbeddedDB(":memory:", embedding_model=model)
    db.add_messages(
        [
            {"id": one.id, "sender": one.sender, "content": one.content, "created_at": one.created_at, "role": "user"}
            for one in conversation.messages
        ],
        "chat",
    )
    db.drain_weaver(600)

    def search(question: str) -> list[str]:
        found = db.query(
            structural_filters=[{"property": "type", "operator": "Equals", "value": "Message"}],
            semantic_query={"text": question},
            limit=K,
        )
        return [hit.node.id for hit in found]

    return db, search


def score(conversation: Conversation, search: Search, seconds: list[float]) -> list[tuple[int, float]]:
    """Category and recall of each question."""
    scores = []
    for question in conversation.questions:
        start = time.perf_counter()
        found = search(question.text)
        seconds.append(time.perf_counter() - start)
        assert len(found) == min(K, len(conversation.messages)), "no answer is short"
        scores.append((question.category, len(question.evidence & set(found)) / len(question.evidence)))
    return scores


def measure(file: Path, models: Sequence[str | None]) -> dict[str, dict[str, float]]:
    """Recall by category of the baseline, and of ours with each model, over all conversations."""
    figures: dict[str, dict[str, float]] = {}
    conversations = read(file)
    scores, seconds = [], list[float]()
    for conversation in conversations:
        baseline = Baseline([f"{one.sender}: {one.content}" for one in conversation.messages])
        ids = [one.id for one in conversation.messages]
        scores += score(conversation, lambda q, b=baseline, i=ids: [i[n] for n in b.search(q, K)], seconds)
    figures["BM25, character n-grams, neighbours"] = _figures(scores, seconds)
    for model in models:
        scores, seconds = [], []
        for conversation in conversations:
            db, search = ours(conversation, model)
            with db:
                scores += score(conversation, search, seconds)
        figures[f"embedded_db, {Path(model).name if model else 'the model that ships'}"] = _figures(scores, seconds)
    return figures


def _figures(scores: Sequence[tuple[int, float]], seconds: Sequence[float]) -> dict[str, float]:
    by_category = defaultdict(list)
    for category, recall in scores:
        by_category[category].append(recall)
    return {
        "recall@10": mean(recall for _, recall in scores),
        **{CATEGORIES[category]: mean(found) for category, found in sorted(by_category.items())},
        "ms": 1e3 * sorted(seconds)[len(seconds) // 2],
    }
