"""What a question is taken for. Each example is one that somebody types."""

import pytest

from leindex.lerecherche.query import understand


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Session", "symbol"),
        ("parse_args", "symbol"),
        ("Session.get", "symbol"),
        ("std::vec::Vec", "symbol"),
        ("`retry()`", "symbol"),
        ("src/app/server.py", "path"),
        ("server.py", "path"),
        ("how are connections pooled", "question"),
        ("where is HTTPServer started?", "question"),
        ("read/write locks in the cache", "question"),
    ],
)
def test_a_name_a_path_and_a_question_are_told_apart(text: str, shape: str) -> None:
    assert understand(text).shape == shape


def test_pieces_that_look_like_code_are_names_and_plain_words_are_not() -> None:
    names = understand('why does HTTPServer call parse_args(), Session.get and "retry" for every request').names
    assert set(names) == {"HTTPServer", "parse_args", "Session.get", "retry"}


def test_a_sentence_with_a_capital_or_a_full_stop_holds_no_names() -> None:
    assert understand("Explain the Retry logic. Where does it stop?").names == ()


def test_empty_words_are_left_out_of_the_terms() -> None:
    query = understand("how does the connection pooling work?")
    assert [term for term, weight in query.terms if weight == 1.0] == ["connection", "pool", "work"]
    assert query.words == {"connection", "pool", "work"}


def test_neighbouring_words_are_also_sought_as_one_identifier() -> None:
    query = understand("line formatter output")
    assert "lineformatter" in query.pairs
    weights = dict(query.terms)
    assert 0 < weights["lineformatter"] < weights["output"]


def test_a_written_identifier_weighs_more_than_a_word() -> None:
    weights = dict(understand("how does ConnectionPool close sockets").terms)
    assert weights["connectionpool"] > weights["socket"]


def test_a_kind_word_chooses_the_kind_and_weighs_little() -> None:
    query = understand("the class that reads frames")
    assert "class" in query.kinds
    weights = dict(query.terms)
    assert weights["class"] < weights["fram"], "terms are stems"


def test_a_question_about_tests_asks_for_tests() -> None:
    assert understand("tests of the retry logic").wants == {"test"}
    assert understand("retry logic").wants == frozenset()


def test_a_question_of_empty_words_only_keeps_them() -> None:
    query = understand("what is this")
    assert query.terms, "better to search for something than for nothing"
    assert query.words
