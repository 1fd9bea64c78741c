"""``leindex languages``: what LeIndex can read."""

from __future__ import annotations

from leindex.lepasserelle.cli import options
from leindex.lepasserelle.cli.running import emit, errors_as_sentences


def languages(json: options.Json = False) -> None:
    """List the languages: extensions, grammar, and what is known of each."""
    from leindex.leparse.catalogue import catalogue  # noqa: PLC0415
    from leindex.lepasserelle.values import Catalogue  # noqa: PLC0415

    with errors_as_sentences():
        emit(Catalogue(catalogue()), json=json)
