"""One case file per provider. See ``case.py`` for what each must say; ``tests/providers/test_conformance.py`` holds the matrix."""
