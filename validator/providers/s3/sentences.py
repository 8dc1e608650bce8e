"""What stores say in sentences of their own: families of words that name one cause, whoever speaks and under whichever code.

They come last of a table, before the refusals by permission. Each begins where the sentence begins, so that no name further on can match.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from validator.providers.base import Rule
from validator.providers.s3.rules import likely

_REFUSED: Final = (400, 401, 402, 403, 405, 409, 423)
_THE: Final = r"^(?:access denied[.:,]? )?(?:(?:the|this|your|provided|specified|requested) ){0,3}"
_IS: Final = r"(?:has been |has |is |was |does )?"

_FAMILIES: Final = (
    ("unknown-access-key", _REFUSED, rf"^(?:authentication failed: )?(?:invalid|unknown|no such) access ?key|{_THE}access ?key (?:id )?{_IS}(?:not found|invalid|unknown|not exist)"),
    ("key-disabled", _REFUSED, rf"{_THE}(?:application |access ?)?key (?:id )?{_IS}(?:disabled|inactive|not active|deactivated|revoked|expired|suspended)"),
    ("wrong-secret", _REFUSED, rf"{_THE}(?:request )?(?:bad|invalid|wrong) signature|{_THE}(?:request )?signature {_IS}(?:a )?(?:mismatch|not match|invalid|incorrect)|{_THE}signature (?:verification|validation) failed"),
    ("clock-skew", _REFUSED, rf"{_THE}request (?:time|timestamp|date) {_IS}too (?:skewed|old|far)|^clock skew|{_THE}request signature {_IS}expired"),
    ("account-disabled", _REFUSED, rf"{_THE}(?:user |service )?(?:account|user|tenant|subscription|plan|service|project)(?: id| name)?(?: ?[^\w\s]{{1,5}})? {_IS}(?:currently |temporarily |permanently |already |being )?(?:suspended|deactivated|terminated|expired|not activated|inactive|frozen|(?:disabled|closed|locked|blocked)(?! (?:by|for|from|to|in|on)\b))\b|^(?:insufficient|not enough) (?:account )?(?:balance|credits?|funds)|^(?:no|without an?) active subscription|^(?:please )?verify your (?:account|email)|^account verification (?:is )?required|^billing (?:is )?(?:not enabled|disabled)"),
    ("storage-full", (400, 403, 405, 409, 413, 500, 503, 507), rf"^(?:you(?:'ve| have)? |{_THE[1:]})?(?:\w{{1,12}} ){{0,2}}exceed(?:s|ed)? (?:(?:your|the|its|maximum|allowed|available|account) ){{0,3}}(?:storage|disk|bucket|capacity)(?: space| size)? (?:limit|quota|space|capacity)|{_THE}storage (?:space |limit |quota ){{0,2}}{_IS}(?:exceeded|exhausted|full)|^(?:[\w ]{{1,20}}: )?(?:\w{{1,12}} )?(?:not enough|insufficient|no(?! space (?!left|on\b|available|remaining|to\b))) (?:free |disk |storage )?space\b"),
    ("encryption-header-required", (400, 403), rf"{_THE}(?:server[- ]side )?encryption (?:header )?{_IS}(?:required|mandatory|missing)|^x-amz-server-side-encryption\b.{{0,40}}\b(?:missing|required)"),
    ("https-required", _REFUSED, r"^(?:only )?(?:https|ssl|tls)\b.{0,20}\b(?:required|allowed|supported|only)\b|^please use (?:https|ssl|tls)\b"),
    ("wrong-region", (301, 307, 400, 403, 404, 409), rf"{_THE}(?:wrong|invalid|incorrect) region|{_THE}(?:signing )?region {_IS}(?:wrong|invalid|incorrect|a mismatch|not match)|{_THE}bucket (?:is |resides |lies )?(?:located )?in (?:another|a different) region"),
    ("network-restricted", _REFUSED, rf"{_THE}(?:client |source )?ip\b.{{0,40}}\b(?:blocked|denied|banned|not (?:allowed|permitted|whitelisted|in))\b|^(?:access denied|requests?|access) (?:from|outside (?:of )?)(?: ?(?:this|your|the|public))* ?(?:ip|ip address|internet|network|vpc)\b|^public network access\b"),
    ("throttled", _REFUSED, r"^(?:too many requests|(?:request |api )?(?:rate|bandwidth|traffic|throughput) limit (?:is |was |has been )?(?:exceeded|reached))"),
    ("bucket-being-deleted", (403, 404, 409), rf"{_THE}bucket is being (?:deleted|removed)"),
    ("requester-pays", _REFUSED, rf"{_THE}bucket\b.{{0,30}}\brequester[- ]pays\b"),
    ("request-too-large", (400, 403, 413), rf"{_THE}(?:file|object|body|upload|payload|request)(?: (?:is|was|body|size|entity|payload|content)){{0,3}} (?:too (?:large|big)|exceeds? (?:the )?max\w*(?: allowed)?(?: file| object| upload)? size)"),
    ("bucket-not-found", (404, 409), rf"^no such bucket|{_THE}bucket(?: name)?(?: [^\w\s]{{1,5}})? (?:was |is |does )?(?:not (?:found|exist(?:ed)?)|doesn't exist)\b"),
)  # fmt: skip
"""The finding, the statuses under which it is said, and the words."""

SAID: Final[Sequence[Rule]] = tuple(
    likely(
        finding,
        status=status,
        text=words,
        source="families of sentences: the entries c14-said-* of tests/support/answers",
    )
    for finding, status, words in _FAMILIES
)
