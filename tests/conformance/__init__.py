"""One case file per provider. See ``case.py`` for what each must say; ``tests/test_conformance.py`` holds the matrix."""
