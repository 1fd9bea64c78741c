"""Where results go: one file per commit, with the machine they were measured on.

Figures of another machine say little, ratios within one run say much; so each file names its processor, its cores and
the Python, and holds every figure of the run.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


def machine() -> dict[str, object]:
    """Describe the machine, by what decides speed."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def commit() -> str:
    """Return the short hash of the commit that is measured, with a plus where the tree differs from it."""
    short = _git("rev-parse", "--short=12", "HEAD") or version("leindex-py")
    return short + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def write(suite: str, figures: Mapping[str, object], folder: Path = RESULTS) -> Path:
    """Store the figures of one suite beside those of the others of this commit, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{commit()}.json"
    known: dict[str, object] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    known[suite] = {"when": when, "machine": machine(), **figures}
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return file


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out under their heads: the first column to the left, figures to the right."""
    cells = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(_aligned(text, widths[at], at) for at, text in enumerate(row)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _aligned(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
