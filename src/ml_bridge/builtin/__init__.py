"""Functions that every runtime has: embed, rerank, extract entities, summarise, and look after models.

Each has a light form that needs no download and always gives the same answer, and takes the name of a real model
instead.

    functions.py   what can be called, and with which arguments
    context.py     what such a function may use: its call, models, workers
    ranking.py     texts by their words and by their meaning
    entities.py    people, places, dates, files, code, by rules and a gazetteer
    summaries.py   the sentences that say what the others say (LexRank)
"""
