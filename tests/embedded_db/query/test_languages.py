"""A question finds what it is about in any of the languages whose function words are known."""

from __future__ import annotations

import pytest

from embedded_db import EmbeddedDB
from embedded_db.indexing import function_words

ASKED = {
    "de": ("Wann hat Anna die Tomaten gegossen?", "Tomaten gegossen", "Sag Bescheid, wann du die Schlüssel hast"),
    "fr": ("Où est-ce que nous avons garé la voiture ?", "voiture garée", "Dis-moi où nous en sommes, est-ce bon"),
    "es": ("¿Cuándo es el viaje a Sevilla?", "viaje Sevilla", "Dime cuándo es el mejor momento"),
    "it": ("Perché la bicicletta di Marco è rotta?", "bicicletta rotta", "Non so perché la porta è di legno"),
    "nl": ("Waarom is de ketting van mijn fiets kapot?", "ketting fiets kapot", "Waarom is dit van mijn zus"),
    "pt": ("Quando é que você fez a receita do bolo?", "receita bolo", "Não sei quando é que você volta do Rio"),
    "en": ("When did you water the tomatoes?", "tomatoes watered", "Tell me when you did the dishes"),
}


@pytest.mark.parametrize("language", ASKED)
def test_words_that_only_ask_are_no_reason_to_find_anything(language: str) -> None:
    question, about, beside = ASKED[language]
    with EmbeddedDB(":memory:", weave=False) as db:
        db.add_messages([{"content": text} for text in (beside, about)], "chat")
        found = db.query(semantic_query={"text": question, "mode": "words"})
        assert [hit.node.content for hit in found] == [about]


def test_one_word_is_not_enough_to_tell_a_language() -> None:
    assert "war" in function_words.of(["wo", "war", "der", "film"])
    assert "war" not in function_words.of(["civil", "war"])
    both = function_words.of(["who", "is", "the", "der", "die", "das"])
    assert {"who", "der"} <= both, "three words of either language"


def test_what_has_nothing_but_function_words_is_found_by_them() -> None:
    with EmbeddedDB(":memory:", weave=False) as db:
        db.add_messages([{"content": text} for text in ("to be or not to be", "something else")], "chat")
        found = db.query(semantic_query={"text": "to be or not to be", "mode": "words"})
        assert [hit.node.content for hit in found] == ["to be or not to be"]
