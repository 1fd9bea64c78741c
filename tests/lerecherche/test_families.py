"""Which words of a question and of a name belong together, and which only look alike."""

import pytest

from leindex.lerecherche.families import bases
from leindex.lerecherche.native import parts


def are_kin(left: str, right: str) -> bool:
    return bool(bases(parts(left)[0]) & bases(parts(right)[0]))


@pytest.mark.parametrize(
    "words",
    [
        "validation validator",
        "formatting formatter",
        "routing router",
        "serialization serializer",
        "connection connector",
        "handler handling",
        "initialization init",
        "arguments args",
        "configuration config",
        "asynchronous async",
        "responses res",
    ],
)
def test_an_action_its_agent_and_its_abbreviation_are_one_family(words: str) -> None:
    assert are_kin(*words.split())


@pytest.mark.parametrize("words", ["user use", "order ore", "request response", "index indent", "form formatter"])
def test_words_that_only_begin_alike_are_not(words: str) -> None:
    assert not are_kin(*words.split())
