"""The commands of ``leindex``: one module and one function each, registered by one line in ``cli.app``."""
