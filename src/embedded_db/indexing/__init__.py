"""Indexes in memory: caches of the file, one set for each process, brought up to date before each query.

What happened since is read from the log of changes, so that writes of this process and of others are followed alike.
An index that has fallen too far behind is read again. Large ones are kept in files beside the database as well.
"""
