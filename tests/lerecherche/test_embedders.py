"""Embedders are chosen by name."""

import pytest

from leindex.errors import SettingsError
from leindex.lerecherche.embedders import EMBEDDERS, default_embedder, embedder


def test_the_default_ships_with_the_package_and_is_opened_once() -> None:
    shipped = default_embedder()
    assert shipped is embedder("static")
    near, far = (
        shipped.embed(["connection pool", "reuse of sockets", "JSON parser"])[1:] @ shipped.embed(["connection pool"]).T
    )
    assert near > far


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=", ".join(sorted(EMBEDDERS))):
        embedder("oracle")
