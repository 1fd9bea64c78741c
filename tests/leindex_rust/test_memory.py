"""Vectors and edges in memory as Python sees them; what they find is tested in the engine."""

import numpy as np
import pytest

from leindex_rust import GraphIndex, VectorIndex


def numbers(*values: int) -> bytes:
    return np.array(values, np.uint32).tobytes()


def values(*rows: list[float]) -> bytes:
    return np.array(rows, np.float32).tobytes()


def test_vectors_are_found_with_their_cosine() -> None:
    index = VectorIndex(2)
    index.put(numbers(4, 7), values([3, 0], [0, 1]))
    assert (len(index), index.dimensions) == (2, 2)
    hits, scored = index.search(values([1, 0]), 5)
    assert hits == [(4, pytest.approx(1.0), pytest.approx(1.0)), (7, 0.0, 0.0)]
    assert scored == 2
    assert [hit[0] for hit in index.search(values([1, 0]), 5, mask=b"\0" * 7 + b"\1")[0]] == [7]
    assert index.search(values([1, 0]), 5, numbers=numbers(7), bonus=values([0.5]))[0] == [(7, 0.5, 0.0)]
    assert np.frombuffer(index.similarity(values([1, 0]), numbers(7, 4)), np.float32).tolist() == pytest.approx([0, 1])
    assert index.nearest(values([1, 0], [0, 1]), 5, 0.5) == [[(4, pytest.approx(1.0))], [(7, pytest.approx(1.0))]]
    index.remove(numbers(4))
    assert len(index) == 1


def test_edges_are_followed_and_told() -> None:
    graph = GraphIndex()
    graph.put(numbers(0, 1), numbers(1, 2), numbers(2, 3), numbers(5, 6), values([1, 2]))
    graph.place(numbers(1), numbers(9), 0)
    assert len(graph) == 3
    reach = graph.reach([9], direction="out", depth=2)
    assert (len(reach), np.frombuffer(reach.numbers(), np.uint32).tolist()) == (2, [1, 2])
    assert np.frombuffer(reach.hops(), np.uint32).tolist() == [1, 2]
    assert reach.paths([2]) == [(9, [(1, None, 0, True), (2, 0, 5, True)])]
    assert graph.shortest(3, 9, direction="both") == (4.0, [(2, 1, 6, False), (1, 0, 5, False), (9, None, 0, False)])
    assert graph.shortest(3, 9, direction="both", kinds=[6]) is None
    graph.remove(numbers(1))
    graph.isolate(numbers(9))
    assert len(graph) == 1


def test_columns_that_do_not_fit_are_refused() -> None:
    index, graph = VectorIndex(2), GraphIndex()
    for wrong in (
        lambda: index.put(numbers(1), values([1, 2, 3])),
        lambda: index.put(b"abc", values([1, 2])),
        lambda: index.search(values([1]), 5),
        lambda: index.search(values([1, 0]), 5, numbers=b"", mask=b""),
        lambda: index.nearest(values([1, 0, 0]), 5, 0.5),
        lambda: graph.put(numbers(1), numbers(1), numbers(1), numbers(), values([1])),
        lambda: graph.reach([1], direction="up", depth=1),
    ):
        with pytest.raises(ValueError, match=r"values|column|numbers|direction"):
            wrong()
