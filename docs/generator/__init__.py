"""Writes the reference under docs/reference from what the package itself says: `make docs`.

Nothing here is part of the package. Each page is a function that gives its text; the words come from the models'
descriptions, the help of the command, the docstrings of the errors and an assembled server, so that a page cannot
say something else than the program does.
"""
