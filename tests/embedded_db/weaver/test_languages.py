"""Topics are about something in whatever language people speak: its common words are known by the company they keep."""

from __future__ import annotations

import pytest

from embedded_db.weaver import common_words
from embedded_db.weaver.topics import candidates
from tests.embedded_db.weaver.world import World

CHATS = {
    "de": [
        "Hallo, hast du am Wochenende Zeit? Ich will im Garten arbeiten.",
        "Ja, die Tomaten müssen in die Erde, aber ich habe noch keine.",
        "Das ist schön! Die Schnecken haben mir alle Tomaten gefressen, und das war nicht so schön.",
        "Oh nein, das tut mir leid. Gegen die Schnecken hilft ein Zaun um den Garten.",
        "Danke! Und wie oft muss man die Tomaten gießen, wenn es so heiß ist?",
    ],
    "fr": [
        "Salut, tu as vu que la base est trop lente pour les clients ?",
        "C'est vrai, et la sauvegarde n'est pas faite tous les jours.",
        "Il faut que l'équipe fasse la sauvegarde, je le dis à l'équipe demain.",
        "D'accord, mais les clients ne sont pas contents de nous.",
        "Merci, je vais voir ce que je peux faire pour les clients avec l’équipe.",
    ],
    "es": [
        "Hola, ¿ya tienes los billetes para el viaje a Sevilla?",
        "Sí, los billetes están en la mesa, pero no tengo hotel para el viaje.",
        "Yo conozco un hotel que está muy cerca de la catedral.",
        "¡Qué bien! Quiero ver la catedral por la mañana, ¿y tú?",
        "Yo también, y para las entradas del museo hay que ir antes.",
    ],
    "it": [
        "Ciao, come va? Hai visto che la bicicletta è rotta?",
        "Sì, la catena della bicicletta non c'è più, e non so perché.",
        "Forse l'ha presa mio fratello per la sua, lui ha bisogno di una catena.",
        "Va bene, allora compro una catena nuova e anche l'olio.",
        "Grazie! Ma l'olio ce l'ho già, è nell'armadio.",
    ],
    "pt": [
        "Oi, você já viu a receita do bolo de cenoura?",
        "Ainda não, mas eu gosto muito de bolo, e a receita é da minha avó?",
        "É sim, e o segredo é que a cenoura tem que ser bem fresca.",
        "Que bom! Eu não sabia que o bolo levava tanta cenoura.",
        "Pois é, e também tem uma cobertura de chocolate com o bolo.",
    ],
    "nl": [
        "Hoi, heb je de fiets al naar de fietsenmaker gebracht?",
        "Nee, ik had geen tijd, maar de ketting van de fiets is kapot.",
        "Dan moet je een nieuwe ketting kopen, die zijn niet zo duur.",
        "Ja, en de band is ook lek, dat is wel heel vervelend.",
        "Ik heb nog een band voor je, en we kunnen het samen doen met de ketting.",
    ],
}
ABOUT = {
    "de": {"tomaten", "schnecken", "garten"},
    "fr": {"équipe", "sauvegarde", "clients"},
    "es": {"billetes", "viaje", "hotel", "catedral"},
    "it": {"bicicletta", "catena", "olio"},
    "pt": {"bolo", "cenoura", "receita"},
    "nl": {"fiets", "ketting", "band"},
}


@pytest.mark.parametrize("language", CHATS)
def test_what_is_repeated_and_no_common_word_of_its_language_can_be_a_topic(language: str) -> None:
    single = {term for term in candidates(CHATS[language], set()) if " " not in term}
    assert single == ABOUT[language]


def test_a_word_that_is_common_in_one_language_can_be_a_topic_in_another() -> None:
    said = ["Why did the old fish die? The fish die when it is too hot.", "I do not know, we should ask about it."]
    assert {"fish", "die"} <= candidates(said, set()).keys()
    assert "die" in common_words.languages()["de"]


def test_who_speaks_two_languages_is_understood_in_both() -> None:
    single = {term for term in candidates(CHATS["de"] + CHATS["es"], set()) if " " not in term}
    assert single == ABOUT["de"] | ABOUT["es"]


def test_every_chat_of_a_small_database_has_a_topic_of_its_own() -> None:
    world = World()
    for language, texts in CHATS.items():
        world.say(*texts, chat=language)
    world.weave()
    for language in CHATS:
        topic = world.store.node(language).properties["topic"]
        assert set(topic.replace(",", "").split()) & ABOUT[language], topic
    world.close()
