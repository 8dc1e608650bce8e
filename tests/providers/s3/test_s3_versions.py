"""Which versions and markers are ours to take back, where stores tell of them in different ways."""

from __future__ import annotations

import pytest

from validator.providers.s3.http import Response
from validator.providers.s3.versions import VersionCleanup

FILE, BESIDE = "planetverify.txt", "planetverify-0123456789abcdef.txt"
SILENT = Response(204, {"date": "Thu, 01 Jan 2026 00:00:00 GMT"}, b"")
TOLD = Response(204, {**SILENT.headers, "x-amz-delete-marker": "true", "x-amz-version-id": "m1"}, b"")
LISTED = f"""<?xml version="1.0"?><ListVersionsResult><DeleteMarker><Key>{FILE}</Key><VersionId>m0</VersionId>
<IsLatest>true</IsLatest><LastModified>2026-01-01T00:00:00.3Z</LastModified></DeleteMarker></ListVersionsResult>""".encode()


@pytest.mark.parametrize(("beside", "removed"), [(TOLD, {(BESIDE, "m1")}), (SILENT, {(FILE, "m0")})], ids=["Ceph", "Swift"])
def test_silence_is_a_marker_only_where_the_store_tells_of_none(beside: Response, removed: set[tuple[str, str]]) -> None:
    """Ceph tells of each marker, and makes none above another; an older one of the same second is not ours."""
    gone: set[tuple[str, str]] = set()

    def send(method: str, key: str = "", *, query: object = ()) -> Response:
        version = dict(query).get("versionId")
        if method == "DELETE":
            gone.add((key, version))
        return Response(204, SILENT.headers, b"") if method == "DELETE" else Response(200, SILENT.headers, LISTED)

    versions = VersionCleanup(send, lambda key, version: f"rm {key} {version}")
    versions.kept = True
    versions.deleted(BESIDE, beside, absent=True)
    versions.deleted(FILE, SILENT, absent=True)
    assert versions.cleanup_versions() == []
    assert gone == removed
