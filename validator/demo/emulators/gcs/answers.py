"""Replies of the stand-in, errors in the shape and the words of Google's."""

from __future__ import annotations

from typing import Final

from validator.demo.emulators.http import Reply


def error(status: int, reason: str, message: str, **location: str) -> Reply:
    """Google's error body."""
    detail = {"message": message, "domain": "global", "reason": reason, **location}
    return Reply.json({"error": {"code": status, "message": message, "errors": [detail]}}, status)


def no_token(description: str, code: str = "invalid_grant") -> Reply:
    """The token endpoint's error body."""
    return Reply.json({"error": code, "error_description": description}, 400)


def missing(principal: str, permission: str, thing: str) -> Reply:
    """A missing permission, named as Google names it."""
    return error(
        403,
        "forbidden",
        f"{principal} does not have {permission} access to the Google Cloud Storage {thing}. "
        f"Permission '{permission}' denied on resource (or it may not exist).",
    )


def retained(bucket: str, name: str, until: str) -> Reply:
    """The refusal for an object that a retention rule keeps."""
    return error(
        403,
        "retentionPolicyNotMet",
        f"Object '{bucket}/{name}' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until {until}",
    )


def held(bucket: str, name: str, kind: str) -> Reply:
    """The refusal for an object under a hold: only its message tells it from a missing permission."""
    return error(
        403,
        "forbidden",
        f"Object '{bucket}/{name}' is under active {kind} hold and cannot be deleted, overwritten or archived until hold is removed.",
    )


def no_object(bucket: str, name: str) -> Reply:
    """Nothing of that name. The words are not confirmed for the real cloud; the status is."""
    return error(404, "notFound", f"No such object: {bucket}/{name}")


def busy(bucket: str, name: str) -> Reply:
    """Too many changes of one object."""
    return error(
        429,
        "rateLimitExceeded",
        f"The object {bucket}/{name} exceeded the rate limit for object mutation operations (create, update, and delete). "
        "Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.",
    )


NO_BUCKET: Final = error(404, "notFound", "The specified bucket does not exist.")
UNAUTHORISED: Final = error(401, "authError", "Invalid Credentials", locationType="header", location="Authorization")
ANONYMOUS: Final = error(
    401, "required", "Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object."
)
CONDITION: Final = error(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
    locationType="header",
    location="If-Match",
)
REQUESTER_PAYS: Final = error(400, "required", "Bucket is a requester pays bucket but no user project provided.")
PERIMETER: Final = error(
    403,
    "vpcServiceControls",
    "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: EXAMPLE-perimeter-refusal-id",
)
IP_FILTER: Final = error(403, "forbidden", "There is an IP filtering condition that is preventing access to the resource.")
BILLING: Final = error(403, "accountDisabled", "The billing account for the owning project is disabled in state closed")
API_DISABLED: Final = error(
    403, "accessNotConfigured", "Cloud Storage JSON API has not been used in project 000000000000 before or it is disabled."
)
ORGANISATION: Final = error(412, "orgPolicyConstraintFailed", "The request violates an organization policy constraint.")
BAD_CHECKSUM: Final = error(400, "invalid", "Provided checksum doesn't match the calculated one.")
CMEK: Final = {
    "denied": error(
        403,
        "forbidden",
        "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.",
    ),
    "disabled": error(400, "cloudKmsDisabledKey", "The Cloud KMS key is disabled."),
    "location": error(400, "cloudKmsKeyLocationNotAllowed", "The Cloud KMS key's location does not match the bucket's."),
    "absent": error(400, "cloudKmsEncryptionKeyNotFound", "The Cloud KMS key was not found."),
}
"""What a fault of the bucket's encryption key makes of an upload, by fault."""
