"""What is raised where a destination was not handed over."""

from __future__ import annotations

from validator.core.model import Report
from validator.core.terminal_text import visible


class CheckFailed(Exception):
    """Nothing was created or changed at Planet, or that is not known. ``report`` shows itself and says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report
        """The check's, with what became of it at Planet in ``destinations[0].handoff``."""

    def __str__(self) -> str:
        from validator.formats import phrases

        one = self.report.destinations[0]
        state = phrases.STATE_WORDS.get(one.handoff.get("state", ""), "Nothing was changed at Planet")
        names = phrases.names(one)
        why = "interrupted" if self.report.interrupted else names or f"the verdict is {one.verdict}"
        return visible(f"{state}: {why}. The report of this error says more: print(error.report)")

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the report. A traceback may quote a cell's variables, secrets among them."""
        from validator.formats.display import text

        return [f"{type(self).__name__}: {self}", "", *text(self.report, colour=True).splitlines()]
