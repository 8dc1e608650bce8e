"""The corpus as people have it: each answer inside of what an SDK, a command or Planet prints of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support.answered import Entry
from validator.providers.common.xml import error_details

ASKED = {"write": "PutObject", "delete": "DeleteObject", "read": "GetObject", "list": "ListObjectsV2"}
METHOD = {"write": "POST", "delete": "DELETE", "read": "GET", "list": "GET"}
WORD = {"write": "upload_blob", "delete": "delete_blob", "read": "download_blob", "list": "list_blobs"}


def body(entry: Entry) -> str:
    """The answer as curl -i prints it."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in entry.headers.items())
    return f"HTTP/1.1 {entry.status} X\r\n{headers}\r\n{entry.body}"


def boto3(entry: Entry) -> str | None:
    told = error_details(entry.body.encode())
    if "Code" not in told:
        return None
    asked = ASKED.get(entry.operation, "PutObject")
    return f"botocore.exceptions.ClientError: An error occurred ({told['Code']}) when calling the {asked} operation: {told.get('Message', '')}\n"


def aws(entry: Entry) -> str | None:
    said = boto3(entry)
    return said and f"upload failed: ./a.tif to s3://planet-drop/a.tif {said.removeprefix('botocore.exceptions.ClientError: ')}"


def rclone_s3(entry: Entry) -> str | None:
    told = error_details(entry.body.encode())
    if "Code" not in told:
        return None
    return (
        f"2026/01/02 03:04:05 ERROR : a.tif: Failed to {_verb(entry)}: {told['Code']}: {told.get('Message', '')}\n"
        f"\tstatus code: {entry.status}, request id: 17A2B3C4D5E6F708, host id: EXAMPLE\n"
    )


def google_json(entry: Entry) -> Mapping[str, Any] | None:
    try:
        error = json.loads(entry.body).get("error")
    except (ValueError, AttributeError):
        return None
    return error if isinstance(error, dict) else None


def api_core(entry: Entry) -> str | None:
    if google_json(entry) is None:
        return None
    method = METHOD.get(entry.operation, "POST")
    url = "https://storage.googleapis.com/upload/storage/v1/b/planet-drop/o?uploadType=multipart"
    if entry.operation == "list":
        url = "https://storage.googleapis.com/storage/v1/b/planet-drop/o?maxResults=1&projection=noAcl"
    elif method != "POST":
        url = "https://storage.googleapis.com/storage/v1/b/planet-drop/o/planetverify.txt?prettyPrint=false"
    return f'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\ngoogle.api_core.exceptions.X: {entry.status} {method} {url}: {entry.body}'


def googleapi(entry: Entry) -> str | None:
    error = google_json(entry)
    if error is None:
        return None
    reason = next((each.get("reason") for each in error.get("errors", []) if each.get("reason")), "")
    return f"2026/01/02 03:04:05 ERROR : a.tif: Failed to {_verb(entry)}: googleapi: Error {entry.status}: {error.get('message')}{f', {reason}' if reason else ''}\n"


def gcloud(entry: Entry) -> str | None:
    error = google_json(entry)
    verb = {"write": "cp", "delete": "rm", "read": "cat", "list": "ls"}.get(entry.operation, "cp")
    return error and f"ERROR: (gcloud.storage.{verb}) HTTPError {entry.status}: {error.get('message')}\n"


def google_auth(entry: Entry) -> str | None:
    if entry.operation != "token":
        return None
    try:
        told = json.loads(entry.body)
    except ValueError:
        return None
    return f"google.auth.exceptions.RefreshError: ('{told['error']}: {told.get('error_description', '')}', {told!r})"


def azure_sdk(entry: Entry) -> str | None:
    told = error_details(entry.body.encode())
    if "Code" not in told:
        return None
    detail = f"AuthenticationErrorDetail:{told['AuthenticationErrorDetail']}\n" if "AuthenticationErrorDetail" in told else ""
    return (
        f"    {WORD.get(entry.operation, 'upload_blob')}()\nazure.core.exceptions.HttpResponseError: {told.get('Message', '')}\n"
        f"ErrorCode:{told['Code']}\n{detail}Content: {entry.body}\n"
    )


def az(entry: Entry) -> str | None:
    told = error_details(entry.body.encode())
    if "Code" not in told or len(told) > 3:
        return None
    detail = f"AuthenticationErrorDetail:{told['AuthenticationErrorDetail']}\n" if "AuthenticationErrorDetail" in told else ""
    return f"az storage blob {_verb(entry)}\nERROR: {told.get('Message', '')}\nErrorCode:{told['Code']}\n{detail}"


def planet(entry: Entry) -> str:
    """A delivery's error that quotes the answer, in JSON."""
    return json.dumps(
        {
            "state": "failed",
            "last_message": f"Delivery failed: {_verb(entry)} planetverify.txt got {entry.status}: {entry.body}",
        }
    )


def _verb(entry: Entry) -> str:
    return {"write": "upload", "delete": "delete", "read": "download", "list": "list"}.get(entry.operation, "upload")


WRAPPERS: Mapping[str, tuple[Callable[[Entry], str | None], ...]] = {
    "amazon_s3": (body, boto3, aws, rclone_s3, planet),
    "s3_compatible": (body, boto3, rclone_s3, planet),
    "oracle_cloud_storage": (body, boto3, planet),
    "google_cloud_storage": (body, api_core, googleapi, gcloud, google_auth, planet),
    "azure_blob_storage": (body, azure_sdk, az, planet),
}


def texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """The name of each form, and the text."""
    for wrap in WRAPPERS[entry.provider]:
        text = wrap(entry)
        if text:
            yield wrap.__name__, text
