"""Small projects for tests of index runs, and what is left on disk after one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leindex.lepasserelle.indexing import index_project
from leindex.lepasserelle.settings import Settings
from leindex.lestockage.store import Store
from leindex.types import IndexReport

CART = '''"""The cart."""

from shop.price import total


class Cart:
    def checkout(self):
        return total(self)
'''
PRICE = '''def total(cart):
    """Sum of all prices."""
    return 0
'''
SHOP = {"shop/cart.py": CART, "shop/price.py": PRICE, "README.md": "# Shop\n\nSells things.\n"}


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Make files below a folder, and return it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def index(root: Path, **settings: object) -> IndexReport:
    """Run an index with these settings."""
    return index_project(root, Settings(**settings))  # type: ignore[arg-type]


def found(root: Path, name: str) -> list[str]:
    """Ids of the symbols that the published index knows by a name."""
    with Store.open(root / ".leindex", root) as store:
        return [symbol.id for symbol in store.find(name)]


def on_disk(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Time and content of everything that a run publishes."""
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.name != "lock"}
