"""Explains a refusal of S3's with the operator's own AWS login: the very statement that denies, or the one that is missing.

Every call reads. Own reading of policies names the statement; IAM's simulator, where the login may ask it, says whether that is
what decides. Organization, resource control, session and VPC endpoint policies are not read: the simulator tells of the first alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from validator.core.model import Finding
from validator.providers.base import Explanation, Failure, Login, LoginFailed, Options
from validator.providers.operator.login import aws
from validator.providers.operator.notes import Notes
from validator.providers.s3.owner_causes import explained
from validator.providers.s3.owner_inquiry import Inquiry, say_refusal
from validator.providers.s3.subject import Subject


def explain(
    subject: Subject, findings: Sequence[Finding], failures: Sequence[Failure], login: Login, options: Options
) -> Explanation:
    """See :attr:`validator.providers.base.Provider.explain`. Raises LoginFailed."""
    if not subject.amazon and not login.profile:
        raise LoginFailed("a store that is not Amazon's has keys of its own: name their profile with --owner-profile NAME")
    own = login.ask(lambda: aws(login.profile, login.remember))
    inquiry = Inquiry(subject, own, Notes(login, say_refusal), options)
    who = inquiry.who()
    inquiry.look(failures)
    better = [explained(each, failures, inquiry) for each in findings]
    return Explanation(who, better, inquiry.notes.seen, inquiry.notes.unread)
