"""The form for programs: JSON-able, and exactly the fields of the tools' schemas."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from leindex.lepasserelle.mcp import models
from leindex.lepasserelle.present import data
from tests.lepasserelle import examples


@pytest.mark.parametrize("value", examples.ALL, ids=lambda value: type(value).__name__)
def test_every_value_survives_json(value: object) -> None:
    rendered = data.render(value)
    assert json.loads(json.dumps(rendered)) == rendered


@pytest.mark.parametrize(
    ("value", "model"),
    [
        (examples.SEARCH, models.SearchModel),
        (examples.CONTEXT, models.ContextModel),
        (examples.REPORT, models.IndexModel),
    ],
    ids=["search", "context", "report"],
)
def test_the_schemas_of_the_tools_describe_every_field(value: object, model: type[BaseModel]) -> None:
    rendered = data.render(value)
    assert model.model_validate(rendered).model_dump(mode="json") == rendered


def test_flags_of_a_file_are_words() -> None:
    assert data.render(examples.GET)["file_is"] == ["test"]


def test_node_numbers_and_bytes_stay_inside() -> None:
    assert not {"node", "parent", "start_byte", "file_flags"} & data.render(examples.GET).keys()


def test_a_value_nobody_renders_is_an_error() -> None:
    with pytest.raises(TypeError, match="no data form for int"):
        data.render(3)
