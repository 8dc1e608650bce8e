"""Secrets as they are damaged on their way, each in a destination."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.support.google_key import key_file
from validator.sources.loader import References, load_text

SIGNATURE = base64.b64encode(bytes(range(200, 232))).decode()
ESCAPED = SIGNATURE.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
SAS = f"sv=2023-11-03&sr=c&sp=rwdl&se=2099-01-31T00%3A00%3A00Z&spr=https&sig={ESCAPED}"
CONTENT = key_file()
KEY = base64.b64encode(CONTENT.encode()).decode()
SAS_DAMAGES = {
    "question mark": "?" + SAS,
    "u0026": SAS.replace("&", "u0026"),
    "JSON": SAS.replace("&", "\\u0026"),
    "HTML": SAS.replace("&", "&amp;"),
    "quotes": f' "{SAS}" ',
    "curly quotes": f"\u201c{SAS}\u201d",
    "byte order mark": "\ufeff" + SAS,
    "URL": f"https://imageryaccount.blob.core.windows.net/imagery?{SAS}",
    "connection string": f"BlobEndpoint=https://imageryaccount.blob.core.windows.net/;SharedAccessSignature={SAS}",
    "twice": SAS.replace("%", "%25"),
    "wrapped": SAS[:40] + "\n" + SAS[40:],
}
KEY_DAMAGES = {
    "the file itself": CONTENT,
    "the file, indented": json.dumps(json.loads(CONTENT), indent=2),
    "wrapped": base64.encodebytes(CONTENT.encode()).decode(),
    "twice": base64.b64encode(KEY.encode()).decode(),
}
AWS = {"bucket": "imagery-in", "aws_region": "eu-central-1"}
SWAPPED = {
    **AWS,
    "aws_access_key_id": "wJalrXUtnFEMIxK7MDENGbPxRfiCYzEXAMPLESEC",
    "aws_secret_access_key": "AKIAQWERTYUIOPASDFGH",
}
CASES = [
    *((f"SAS: {name}", "azure_blob_storage", {"account": "imageryaccount", "container": "imagery", "sas_token": value}) for name, value in SAS_DAMAGES.items()),
    *((f"key: {name}", "google_cloud_storage", {"bucket": "imagery-in", "credentials": value}) for name, value in KEY_DAMAGES.items()),
    ("swapped", "amazon_s3", SWAPPED),
    ("blanks", "amazon_s3", {**AWS, "aws_access_key_id": "AKIAQWERTYUIOPASDFGH", "aws_secret_access_key": " wJalrXUtnFEMIxK7MDENGbPxRfiCYzEXAMPLESEC\n"}),
]  # fmt: skip


def destination(type_: str, parameters: dict[str, str]) -> Any:
    text = json.dumps({"type": type_, "parameters": parameters})
    return load_text(text, ".json", references=References.none()).destinations[0]
