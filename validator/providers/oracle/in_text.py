"""How Oracle's answers look in text that somebody kept: its own JSON, and the S3 API's XML with Oracle's hosts and headers around."""

from __future__ import annotations

import re
from typing import Final

from validator.providers.base.in_text import InText
from validator.providers.common.kept import flat
from validator.providers.s3 import in_text as s3

FORM: Final = "oracle"

_IN_TEXT: Final = InText(
    form=FORM,
    also=(s3.FORM,),
    signs=re.compile(r"(?i)oraclecloud\.com|opc-request-id|oci\.exceptions"),
    words=re.compile(r"(?i)oraclecloud"),
    document=lambda value: flat(value, FORM),
    statuses=s3.STATUSES,
    places=(
        re.compile(r"\boci://(?P<bucket>[a-z0-9][a-z0-9._-]{1,221})(?:/(?P<key>[^\s'\"]{1,300}))?"),
        re.compile(r"/b/(?P<bucket>[a-z0-9][a-z0-9._-]{1,221})/o(?:/(?P<key>[^\s'\"?]{1,300}))?"),
        *s3.PLACES,
        s3.REGION,
    ),
)


def in_text() -> InText:
    """See the seam."""
    return _IN_TEXT
