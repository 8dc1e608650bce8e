"""The owner's side of a failure: what the operator's own login can read of it. Asked for with ``--owner``; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from validator.checking.conversation import Channel
from validator.core.deadline import Deadline, Interrupted, TimedOut
from validator.core.errors import MissingExtra
from validator.core.model import VERDICT_OF, Finding, Kind, Observation
from validator.core.owner_view import OwnerView
from validator.providers.base import Explanation, Failure, Login, LoginFailed, Options, Provider

_BUSY: Final = (408, 429, 500, 502, 503, 504)


def look(
    provider: Provider,
    parameters: Any,
    findings: Sequence[Finding],
    failures: Sequence[Failure],
    *,
    profile: str | None,
    deadline: Deadline,
    options: Options,
) -> tuple[list[Finding], OwnerView]:
    """Explain a destination's findings with the operator's own login.

    Args:
        provider: of the destination's type.
        parameters: its parsed parameters.
        findings: what the check has found.
        failures: the refusals behind them.
        profile: a profile of the operator's, where the cloud has profiles.
        deadline: the destination's time; every request of the look is within it.
        options: as the check had them; they take the login's secrets.

    Returns:
        The findings, better explained where something was seen, never lighter; and what was seen. Nothing that goes wrong on
        this side is a failure: it is a line of ``unread``.
    """
    if provider.explain is None:
        return list(findings), OwnerView("", unread=(f"the type {provider.name} has no owner's side",))
    channel = Channel(lambda error: _observed(provider, error), deadline)

    def ask(work: Callable[[], Any]) -> Any:
        answer = channel.ask(work)
        if answer.error is not None:
            raise answer.error
        return answer.value

    login = Login(profile, ask, options.remember)
    try:
        explanation = provider.explain(parameters, findings, failures, login, options)
    except Interrupted:
        why = "the look was interrupted"
    except TimedOut:
        why = "there was no time left to look"
    except (LoginFailed, MissingExtra) as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001 - an explanation that fails must not take the check with it
        why = f"the look failed ({type(error).__name__})"
    else:
        view = OwnerView(explanation.identity, tuple(explanation.seen), tuple(explanation.unread))
        return _no_lighter(findings, explanation), view
    return list(findings), OwnerView("", unread=(why,))


def _observed(provider: Provider, error: Exception) -> Observation:
    """The clouds' own programs and SDKs raise other classes than the bucket does: of those the status alone is read."""
    response = getattr(error, "response", None)
    document = response if isinstance(response, Mapping) else {}
    status = getattr(error, "status", None) or getattr(error, "status_code", None)
    status = status or document.get("ResponseMetadata", {}).get("HTTPStatusCode")
    code = str(document.get("Error", {}).get("Code", ""))
    if status in _BUSY or "Throttl" in code or "TooMany" in code:
        return Observation(Kind.TRANSIENT, status=status, code=code)
    return provider.classify(error)


def _no_lighter(before: Sequence[Finding], explanation: Explanation) -> list[Finding]:
    """An explanation names causes. It never turns a refusal into less."""
    after = list(explanation.findings)
    weights = [sorted((VERDICT_OF[each.severity].weight for each in some), reverse=True) for some in (before, after)]
    lighter = len(weights[1]) < len(weights[0]) or any(new < old for old, new in zip(*weights, strict=False))
    return list(before) if lighter else after
