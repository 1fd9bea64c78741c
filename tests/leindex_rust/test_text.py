"""Words and token counts as Python sees them; the rules themselves are tested in the engine."""

from leindex_rust import count_tokens, split_identifier, terms


def test_an_identifier_is_split_into_lower_case_words() -> None:
    assert split_identifier("getHTTPResponse2") == ["get", "http", "response", "2"]


def test_a_question_gives_terms_that_meet_the_names_in_code() -> None:
    asked = terms("How are the connections pooled?")
    assert asked == ["connection", "pool"]
    assert set(asked) < set(terms("ConnectionPool", stop_words=False))


def test_tokens_are_counted_as_the_model_will_count_them() -> None:
    assert count_tokens("tiktoken is great!") == 6
    assert count_tokens("") == 0
