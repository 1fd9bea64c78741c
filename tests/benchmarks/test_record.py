"""How results are laid out and kept."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import record


def test_a_table_aligns_names_left_and_figures_right() -> None:
    assert record.table(["name", "score"], [["a", 0.5], ["longer", None]]).splitlines() == [
        "name    score",
        "------  -----",
        "a       0.500",
        "longer      -",
    ]


def test_suites_of_one_commit_share_a_file_and_name_the_machine(tmp_path: Path) -> None:
    file = record.write("speed", {"ratio": 1.5}, tmp_path)
    assert record.write("retrieval", {"ndcg": 0.9}, tmp_path) == file
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert (kept["speed"]["ratio"], kept["retrieval"]["ndcg"]) == (1.5, 0.9)
    assert kept["speed"]["machine"]["cores"] >= 1
