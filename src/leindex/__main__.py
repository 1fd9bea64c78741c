"""``python -m leindex``: the same as the command ``leindex``."""

from leindex.lepasserelle.cli import main

if __name__ == "__main__":
    main()
