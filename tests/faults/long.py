"""Whether tests of faults take their time: seconds in every run, half an hour with ``FAULTS=long``."""

from __future__ import annotations

import os

LONG = os.environ.get("FAULTS") == "long"
