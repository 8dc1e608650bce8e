"""One module a form of text: JSON and YAML are read in ``sources.document``."""
