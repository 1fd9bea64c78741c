"""One file for each library that runs models; each is imported in the process of a model, and nowhere else.

A model is an object that is called with arguments by name, and has ``dimensions`` (None if it makes no vectors).
"""
