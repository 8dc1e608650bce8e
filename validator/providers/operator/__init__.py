"""The operator's own login, for ``--owner``."""
