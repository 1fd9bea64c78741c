"""The functions that every runtime has, in their light form: no download, and the same answer every time."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ml_bridge.builtin
from ml_bridge import Configuration, FunctionLimits, MLRuntime
from ml_bridge.builtin.entities import MOST_WORDS, extract, gazetteer
from ml_bridge.builtin.summaries import centrality, similarities, split, summary
from ml_bridge.errors import InputInvalid, ModelUnavailable


@pytest.fixture(scope="module")
def runtime() -> Iterator[MLRuntime]:
    with MLRuntime(Configuration(workers=1)) as made:
        yield made


def test_they_are_listed_with_a_line_each(runtime: MLRuntime) -> None:
    listed = {function.name: function.summary for function in runtime.list_functions()}
    assert set(listed) == {
        "embed_texts", "generate_embedding", "rerank_texts", "extract_entities", "summarize",
        "health_check", "load_model", "list_models", "clear_cache",
    }  # fmt: skip
    assert all(listed.values())


def test_two_texts_give_two_vectors(runtime: MLRuntime) -> None:
    told = runtime.call("embed_texts", {"texts": ["Hello world", "Test embedding"]})
    assert (told["embeddings"].shape, told["dimensions"], told["count"], told["model"]) == ((2, 256), 256, 2, "static")
    assert np.linalg.norm(told["embeddings"], axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert runtime.call("generate_embedding", {"text": "Hello world"}) == told["embeddings"][0].tolist()
    assert runtime.call("embed_texts", {"texts": []})["embeddings"].shape == (0, 256)


def test_reranking_orders_by_words_and_meaning(runtime: MLRuntime) -> None:
    texts = ["json parser", "how open sockets are reused", "a connection pool keeps connections", "cooking pasta"]
    ranked = runtime.call("rerank_texts", {"query": "connection pool", "texts": texts})["ranked_results"]
    assert [result["index"] for result in ranked][:2] == [2, 1]
    assert [result["score"] for result in ranked] == sorted((result["score"] for result in ranked), reverse=True)
    assert all(0 <= result["score"] <= 1 and result["text"] == texts[result["index"]] for result in ranked)
    assert runtime.call("rerank_texts", {"query": "x", "texts": []})["ranked_results"] == []


ENTITIES = [
    ("Yesterday Dr. Alice Smith wrote.", {"Yesterday": "DATE", "Dr. Alice Smith": "PERSON"}),
    ("Guido van Rossum and Bob Dylan met.", {"Guido van Rossum": "PERSON", "Bob Dylan": "PERSON"}),
    ("Alice Berlin", {"Alice": "PERSON", "Berlin": "GPE"}),
    ("From New York to South Korea via London", {"New York": "GPE", "South Korea": "GPE", "London": "GPE"}),
    ("NASA and Acme Labs GmbH", {"NASA": "ORG", "Acme Labs GmbH": "ORG"}),
    ("at the University of Oxford", {"University of Oxford": "ORG"}),
    ("due 2024-03-12 or 12 March 2024", {"2024-03-12": "DATE", "12 March 2024": "DATE"}),
    ("due next Friday", {"next Friday": "DATE"}),
    ("see https://x.org/a?b=1. Mail bob@x.org!", {"https://x.org/a?b=1": "URL", "bob@x.org": "EMAIL"}),
    ("in src/app.py and ./lib/a-b.ts", {"src/app.py": "FILE", "./lib/a-b.ts": "FILE"}),
    ("get_user() of `x = 1`", {"get_user()": "CODE", "x = 1": "CODE"}),
    ("HttpClient, std::vec", {"HttpClient": "CODE", "std::vec": "CODE"}),
    ("I told Melanie about Dave's plan", {"Melanie": "PERSON", "Dave": "PERSON"}),
    ("Joanna’s Oslo", {"Joanna": "PERSON", "Oslo": "GPE"}),
    ("Hi Zebedee, my name is Oriel.", {"Zebedee": "PERSON", "Oriel": "PERSON"}),
    ("Hello World, dear all, Hi There", {}),
    ("may we march on, mark my words", {}),
    ("", {}),
]  # fmt: skip


def test_no_name_of_the_gazetteer_has_more_words_than_are_looked_up() -> None:
    assert max(len(name.split()) for name in gazetteer()) <= MOST_WORDS


@pytest.mark.parametrize(("text", "entities"), ENTITIES, ids=[text[:30] for text, _ in ENTITIES])
def test_entities_are_found_by_how_they_look(text: str, entities: dict[str, str]) -> None:
    found = extract(text)
    assert {entity["text"]: entity["label"] for entity in found} == entities
    assert all(text[entity["start"] : entity["end"]] == entity["text"] for entity in found)


def test_entities_come_from_a_worker_in_order_and_none_within_another(runtime: MLRuntime) -> None:
    text = " ".join(text for text, _ in ENTITIES)
    found = runtime.call("extract_entities", {"text": text})
    assert all(one["end"] <= other["start"] for one, other in pairwise(found))


def test_a_name_stands_in_one_list_of_the_gazetteer_only() -> None:
    lists = tomllib.loads((Path(ml_bridge.builtin.__file__).parent / "gazetteer.toml").read_text(encoding="utf-8"))
    assert sum(map(len, lists.values())) == len(gazetteer())


POOL = (
    "The pool keeps sockets open. Sockets in the pool are reused by later requests. It rained on Dr. Smith. "
    "A request takes a socket from the pool, or opens one."
)


def test_a_summary_is_made_of_the_central_sentences_in_their_order(runtime: MLRuntime) -> None:
    told = runtime.call("summarize", {"messages": [POOL], "sentences": 2})
    assert told == "The pool keeps sockets open. Sockets in the pool are reused by later requests."
    assert runtime.call("summarize", {"messages": POOL, "sentences": 2}) == told
    assert runtime.call("summarize", {"messages": ["One.", "Two."]}) == "One. Two."
    assert runtime.call("summarize", {"messages": []}) == ""
    with pytest.raises(InputInvalid, match="at least 1"):
        runtime.call("summarize", {"messages": POOL, "sentences": 0})


def test_sentences_end_where_they_end() -> None:
    assert split(POOL)[2] == "It rained on Dr. Smith."
    assert split("First line\nSecond line") == ["First line", "Second line"]
    assert split("Version 1.2 is out. e.g. this") == ["Version 1.2 is out. e.g. this"]


def test_what_was_said_already_is_not_said_again() -> None:
    assert summary("The pool is open. The pool is open. The pool is full. Rain.", 3).count("The pool is open") == 1


CHAT = """Ann: That's great, Bob!
Bob: Thanks, Ann! The garden fence fell down in the storm, so I have to build another before winter.
Ann: Oh no, Bob! I can lend you my saw and the wood that is left from our shed.
Bob: That's great, Ann! Thanks!
Ann: That's great, Bob! See you at noon: bring gloves."""


def test_a_conversation_is_summed_up_by_what_was_told_and_who_told_it() -> None:
    told = "Bob: The garden fence fell down in the storm, so I have to build another before winter. "
    assert summary(CHAT, 2) == told + "Ann: I can lend you my saw and the wood that is left from our shed."
    assert summary("See also: the pool. It is open.", 3) == "See also: the pool. It is open."
    assert summary("Ann: Yes. No.\nAnn: Maybe.\nBob: So: what?", 9) == "Ann: Yes. No. Maybe. Bob: So: what?"


def test_sentences_of_the_same_words_tell_the_same() -> None:
    assert summary("Rain. Rain. Rain. Rain.", 2) == "Rain."


def test_centrality_is_a_distribution_and_alike_sentences_share_it() -> None:
    scores = centrality(similarities(["a b c", "a b d", "x y z"]), np.ones(3))
    assert scores.sum() == pytest.approx(1)
    assert scores[0] == pytest.approx(scores[1])
    assert scores[0] > scores[2]


def test_a_very_long_text_is_taken_evenly_from_its_whole_length() -> None:
    text = " ".join(f"Sentence {number} speaks of the pool." for number in range(5000))
    assert len(split(summary(text, 3))) == 3


def test_health_says_ok_and_names_the_models(runtime: MLRuntime) -> None:
    assert runtime.call("health_check") == {"status": "ok", "models": []}


def test_models_are_loaded_listed_and_cleared_by_name(runtime: MLRuntime) -> None:
    loaded = runtime.call("load_model", {"model_name": "static"})
    assert (loaded["status"], loaded["dimensions"], loaded["cache_key"]) == ("loaded", 256, "embedding:static")
    assert loaded["cached_models"] == ["embedding:static"]
    assert runtime.call("load_model", {"model_name": "static"})["status"] == "already_loaded"
    assert runtime.call("load_model", {"model_name": "static", "force_reload": True})["status"] == "loaded"
    listed = runtime.call("list_models")
    assert (listed["total_count"], listed["cached_models"][0]["model_name"]) == (1, "static")
    assert runtime.call("health_check")["models"] == ["static"]
    cleared = runtime.call("clear_cache", {"model": "static"})
    assert cleared == {"status": "cleared", "cleared_models": ["static"], "remaining_models": []}


def test_what_cannot_be_loaded_is_raised_and_never_returned(runtime: MLRuntime) -> None:
    with pytest.raises(ModelUnavailable):
        runtime.call("embed_texts", {"texts": ["a"], "model": "/nowhere"})


def test_the_configuration_says_how_long_and_how_many_at_once() -> None:
    limits: dict[str, Any] = {"embed_texts": FunctionLimits(timeout=5, max_batch_size=8)}
    with MLRuntime(Configuration(workers=1, functions=limits)) as runtime:
        function = runtime.get_function("embed_texts")
        assert (function.timeout, function.max_batch_size) == (5, 8)
        assert runtime.call("embed_texts", {"texts": ["a"] * 20})["count"] == 20
