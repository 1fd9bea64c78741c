"""Three forms of every answer: text for models, data for programs, the terminal for people.

One module per form, one function per value; each takes the same frozen values and knows nothing of the others.
"""
