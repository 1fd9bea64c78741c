"""From facts to the program graph: who calls, extends and uses whom, and what lies near."""
