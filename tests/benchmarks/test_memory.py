"""The parts of the memory suite: data with known answers, and the reading of conversations."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.memory import contest, filtered, locomo
from benchmarks.memory.baseline import Baseline
from benchmarks.memory.vectors import CORRELATIONS, SELECTIVITIES, Data, K, filters, make, truth

SAMPLE = {
    "qa": [
        {"question": "Where does Ann live?", "evidence": ["D1:2; D2:01"], "category": 1},
        {"question": "What is red?", "evidence": ["D2:2"], "category": 4},
        {"question": "Who is lost?", "evidence": ["D9:9"], "category": 4},
        {"question": "What is a trap?", "evidence": ["D1:1"], "category": 5},
    ],
    "conversation": {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Bob", "dia_id": "D1:1", "text": "Where do you live now?"},
            {"speaker": "Ann", "dia_id": "D1:2", "text": "In Lyon"},
        ],
        "session_2_date_time": "10:00 am on 9 May, 2023",
        "session_2": [
            {"speaker": "Ann", "dia_id": "D2:1", "text": "Lyon is home"},
            {"speaker": "Bob", "dia_id": "D2:2", "text": "Look", "blip_caption": "a red boat"},
        ],
    },
}


@pytest.fixture(scope="module")
def data() -> Data:
    return make(2000)


def test_each_filter_lets_its_share_through_and_lies_as_it_says(data: Data) -> None:
    near = data.vectors @ data.queries.mean(axis=0)
    cells = list(filters(2000))
    assert len(cells) == len(SELECTIVITIES) * len(CORRELATIONS)
    for chosen in cells:
        values = getattr(data, chosen.field)
        rows = (values >= chosen.low) & (values <= chosen.high)
        assert rows.sum() == chosen.size == max(K, round(2000 * chosen.selectivity))
        ahead = near[rows].mean() - near.mean()
        sign = {"none": 0, "correlated": 1, "anti-correlated": -1}[chosen.correlation]
        assert abs(ahead) < 0.1 if sign == 0 else ahead * sign > 0


@pytest.mark.parametrize("name", ["numpy_scan", contest.OURS])
def test_an_exact_contestant_finds_all_and_is_never_short(name: str, tmp_path: Path) -> None:
    filtered.prepare(300, tmp_path)
    found = contest.enter("filtered", name, tmp_path, sys.executable)
    assert isinstance(found, dict), found
    assert {cell["recall"] for cell in found["cells"]} == {1.0}
    assert {cell["short"] for cell in found["cells"]} == {0.0}


def test_a_row_that_does_not_pass_counts_for_nothing(data: Data) -> None:
    chosen = next(iter(filters(2000)))
    best = truth(data, chosen)

    class Careless:
        def __init__(self, data: Data, folder: Path) -> None:
            self.data = data

        def search(self, query: np.ndarray, chosen: object, k: int) -> list[int]:  # type: ignore[type-arg]
            return [int(n) for n in np.argsort(-(self.data.vectors @ query))[:k]]

    rows = Careless(data, Path()).search(data.queries[0], chosen, K)
    assert filtered._recall(data, chosen, 0, rows, best) < 1


def test_a_rival_that_is_not_installed_is_told_with_what_to_install(tmp_path: Path) -> None:
    filtered.prepare(50, tmp_path)
    told = contest.enter("filtered", "faiss_flat", tmp_path, sys.executable)
    assert told == "skipped (faiss is not installed): pip install faiss-cpu"


def test_conversations_are_read_with_speakers_times_and_captions(tmp_path: Path) -> None:
    file = tmp_path / "locomo.json"
    file.write_text(json.dumps([SAMPLE]), encoding="utf-8")
    (conversation,) = locomo.read(file)
    assert [one.id for one in conversation.messages] == ["D1:1", "D1:2", "D2:1", "D2:2"]
    assert conversation.messages[3].content == "Look (a red boat)"
    assert conversation.messages[1].created_at.isoformat() == "2023-05-08T13:56:20+00:00"
    assert [(one.evidence, one.category) for one in conversation.questions] == [
        (frozenset({"D1:2", "D2:1"}), 1),
        (frozenset({"D2:2"}), 4),
    ], "without the category of traps, and without evidence that is nowhere"


def test_a_folder_of_real_chats_is_read_as_one_conversation_each(tmp_path: Path) -> None:
    turns = [
        {"dia_id": f"D1:{n}", "speaker": name, "clean_text": text, "date_time": f"29.12.2023, 00:51:1{n}"}
        for n, (name, text) in enumerate([("Ann", "We sail at noon."), ("Bob", ""), ("Bob", "I shall be there.")], 1)
    ]
    asked = [
        {"question": "When do they sail?", "evidence": ["D1:1"], "category": 2},
        {"question": "What colour?", "evidence": [], "category": 1},
    ]
    chat = {
        "name": {"speaker_1": "Ann"},
        "session_1": turns,
        "session_1_date_time": "x",
        "events_session_1": [],
        "qa": asked,
    }
    for number in (1, 2):
        (tmp_path / f"Chat_{number}.json").write_text(json.dumps(chat), encoding="utf-8")
    first, _ = locomo.read(tmp_path)
    assert [(one.id, one.sender, one.content) for one in first.messages] == [
        ("D1:1", "Ann", "We sail at noon."), ("D1:2", "Bob", ""), ("D1:3", "Bob", "I shall be there."),
    ]  # fmt: skip
    assert first.messages[2].created_at.isoformat() == "2023-12-29T00:51:13+00:00"
    assert [one.text for one in first.questions] == ["When do they sail?"], "without one that nothing answers"


def test_recall_is_averaged_over_questions_by_category(tmp_path: Path) -> None:
    file = tmp_path / "locomo.json"
    file.write_text(json.dumps([SAMPLE]), encoding="utf-8")
    figures = locomo.measure(file, [None])
    assert set(figures) == {"BM25, character n-grams, neighbours", "embedded_db, the model that ships"}
    for found in figures.values():
        assert found["recall@10"] == found["several messages"] == found["one message"] == 1.0


def test_the_baseline_gives_neighbours_a_share() -> None:
    talk = ["Where do you live?", "In Lyon", "Nice", "It rains", "Again"]
    assert Baseline(talk).search("where do you live", 3)[:2] == [0, 1]
