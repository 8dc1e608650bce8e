"""One module a form of text."""
