"""Every number of the ranking in one place, each with its reason. Tuned on questions about projects in 19 languages."""

from __future__ import annotations

from leindex.lerecherche.query import Shape

# Share of meaning in the fused score; the rest is words.
MEANING_SHARE: dict[Shape, float] = {
    "symbol": 0.2,  # a name is matched, not interpreted
    "path": 0.1,  # so is a path
    "question": 0.5,  # words and meaning miss different things
}

# What a rule adds at full strength, on a scale where the best match by words and meaning has 1.
ASKED_FOR = 1.0  # the question is this name and nothing else
NAMED = 0.4  # the question writes this identifier among words
SAID_NAME = 0.3  # share of the symbol's name that the question says
WRITTEN_TOGETHER = 0.3  # neighbouring words of the question, as one identifier
TYPE = 0.05  # a type tells more of a subject than one of its functions
KIND = 0.05  # "class" and "function" are often said loosely
SAID_FILE = 0.8  # people name files after what they are about
FILE_TOGETHER = 0.15  # neighbouring words of the question are the file's name
SAID_FOLDER = 0.3  # folders too, but one folder holds many files

# What the whole file adds.
FILE_WORDS = 0.4  # an answer spread over several symbols shows only in their sum
FILE_COVERAGE = 0.2  # a file that has every word of the question, not one of them often
FILE_LENGTH = 0.4  # a long file is more often the centre of its subject
FILE_OTHERS = 0.4  # several good symbols stand in this file

# What a penalty multiplies by.
TEST_FACTOR = 0.6  # tests repeat the words of what they test
EXAMPLE_FACTOR = 0.7  # so do examples
GENERATED_FACTOR = 0.6  # nobody wrote it, nobody asks for it
VENDORED_FACTOR = 0.5  # other people's code
PROSE_FACTOR = 0.7  # manuals and change logs repeat the words of every question
DATA_FACTOR = 0.6  # so do lists of names
WHOLE_FILE_FACTOR = 0.9  # a whole file is a long result; its best symbol is shown if it is as good

# Order of results.
SAME_FILE_DECAY = 0.6  # each further result of one file counts this much less
