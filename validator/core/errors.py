"""What this package raises for its user."""

from __future__ import annotations


class ValidatorError(Exception):
    """The tool was used wrongly; the message is one line for the user, without what looks like a credential. Exit code 2."""

    def __init__(self, *messages: object) -> None:
        from validator.core.guarded import guarded

        super().__init__(*(guarded(str(each)) for each in messages))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback, which may quote a cell's variables, secrets among them."""
        return f"{type(self).__name__}: {self}".splitlines()


class BadSource(ValidatorError):
    """Sources that cannot be read, or that hold no destination."""

    def __init__(self, *problems: str) -> None:
        from validator.core.guarded import guarded

        self.problems = tuple(map(guarded, problems))
        """One line each: the file, the line where known, what is wrong."""
        super().__init__("\n".join(self.problems))


class MissingExtra(ValidatorError):
    """An optional dependency is not installed; the message names the extra."""
