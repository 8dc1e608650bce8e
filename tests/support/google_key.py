"""A service account's key file, well-formed and made up."""

from __future__ import annotations

import json
from typing import Any

from validator.demo.emulators.gcs.accounts import pem, private_key


def key_file(**changes: Any) -> str:
    """The file as Google gives it out."""
    fields = {
        "type": "service_account",
        "project_id": "example",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": pem(private_key(0)),
        "client_email": "planet@example.iam.gserviceaccount.com",
        "client_id": "123456789012345678901",
        "token_uri": "https://oauth2.googleapis.com/token",
        **changes,
    }
    return json.dumps(fields)
