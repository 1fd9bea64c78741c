"""The pipeline as a whole: what it refuses, what it reads, what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from leindex.errors import EmptyQuery
from leindex.lerecherche.search import Searcher
from tests.lerecherche.small_project import SmallProject


class Letters:
    """An embedder of two dimensions: does the text speak of water, or of fire?"""

    name = "letters"
    dimensions = 2

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[float("water" in text), float("fire" in text)] for text in texts], dtype=np.float32)


class Elements(SmallProject):
    """A project whose first symbol is about water and whose others are about fire."""

    def nearest(self, vector: bytes, limit: int) -> list[tuple[int, float]]:
        super().nearest(vector, limit)
        return [(node, cosine) for node, cosine in enumerate(self.similarity(vector, range(self.node_count)))][:limit]

    def similarity(self, vector: bytes, nodes: Sequence[int]) -> list[float]:
        water, fire = np.frombuffer(vector, dtype=np.float32)
        return [float(water if node == 0 else fire) for node in nodes]


@pytest.mark.parametrize("question", ["", " ", "\n\t", "?!", "…"])
def test_a_question_without_a_word_is_refused(question: str) -> None:
    project = SmallProject({"a.py::a": "a"})
    with pytest.raises(EmptyQuery):
        Searcher(project, project, None).search(question)


def test_words_that_nobody_has_find_nothing() -> None:
    project = SmallProject({"a.py::alpha": "beta"})
    assert Searcher(project, project, None).search("gamma") == []


def test_an_empty_project_finds_nothing() -> None:
    project = SmallProject({})
    assert Searcher(project, project, None).search("anything at all") == []


def test_meaning_finds_what_no_word_says() -> None:
    project = Elements({"a.py::river": "stream", "b.py::oven": "heat"}, embedder="letters")
    hits = Searcher(project, project, Letters()).search("water")
    assert hits[0].symbol.name == "river"
    assert "meaning 1.00" in hits[0].why


def test_vectors_of_another_model_are_never_compared() -> None:
    project = Elements({"a.py::river": "stream"}, embedder="another model")
    assert Searcher(project, project, Letters()).search("water") == []
    assert "nearest" not in project.asked


def test_the_store_is_read_once_per_question() -> None:
    project = SmallProject({f"f{number}.py::pool{number}": "pool" for number in range(50)})
    Searcher(project, project, None).search("how is the pool filled")
    assert project.asked.count("symbols") == 1


def test_a_limit_is_kept() -> None:
    project = SmallProject({f"f{number}.py::pool{number}": "pool" for number in range(50)})
    assert len(Searcher(project, project, None).search("pool", limit=3)) == 3


def test_the_same_question_has_the_same_answer() -> None:
    project = SmallProject({f"f{number}.py::pool": "pool" for number in range(30)})
    searcher = Searcher(project, project, None)
    assert searcher.search("pool") == searcher.search("pool")
