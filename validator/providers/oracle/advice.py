"""What to do about a finding on Oracle: the sentence about this bucket, policy statements, and commands that can be pasted."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from validator.core.model import Fix, Mode, Operation
from validator.providers.base import Advice, Failure, Options
from validator.providers.oracle import regions
from validator.providers.oracle.grants import document, policy_command
from validator.providers.oracle.lint import MAKE_KEY, SYSTEM_NAMESPACE, USER, short
from validator.providers.oracle.rules import READ_ONLY, VAULT

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.providers.oracle.parameters import OracleParameters

PERMISSIONS: Final = {
    Operation.WRITE: "OBJECT_CREATE",
    Operation.READ: "OBJECT_READ",
    Operation.DELETE: "OBJECT_DELETE",
}
"""What each operation needs, by the names that Oracle's policies use."""

KEY_LIST: Final = 'oci iam customer-secret-key list --user-id "$USER_OCID"'
SUBSCRIPTIONS: Final = "oci iam region-subscription list"
NAMESPACE_LOOKUP: Final = "oci os ns get"


# ---- statements and commands -----------------------------------------------------------------------------------------


def bucket_get(parameters: OracleParameters) -> str:
    """The command that shows a bucket's settings to its owner."""
    return _asked("bucket get", parameters)


GROUPS: Final = "oci iam group list --all --query 'data[].{name:name,id:id}' --output table"
"""The command that lists a tenancy's groups with their OCIDs."""


def retention_list(parameters: OracleParameters) -> str:
    """The command that shows a bucket's retention rules to its owner."""
    return _asked("retention-rule list", parameters)


def _asked(what: str, parameters: OracleParameters) -> str:
    return (
        f"oci os {what} --namespace-name {shlex.quote(parameters.namespace)} "
        f"--bucket-name {shlex.quote(parameters.bucket)} --region {shlex.quote(parameters.region)}"
    )


def object_uri(parameters: OracleParameters, key: str, options: Options) -> str:
    """The address in the form of Oracle's own tools."""
    del options
    return f"oci://{parameters.bucket}@{parameters.namespace}/{key}"


def removal(parameters: OracleParameters, key: str, version: str | None) -> str:
    """The command with which the owner removes an object, a version of one, or (``upload:ID``) an unfinished upload; or (``list:``) looks
    for what there is.
    """
    bucket = f"--namespace-name {shlex.quote(parameters.namespace)} --bucket-name {shlex.quote(parameters.bucket)}"
    region = f"--region {shlex.quote(parameters.region)}"
    if version == "list:":
        return f"oci os object list-object-versions {bucket} --prefix {shlex.quote(key)} {region}"
    where, region = f"{bucket} --object-name {shlex.quote(key)}", f"{region} --force"
    if version and version.startswith("upload:"):
        return f"oci os multipart abort {where} --upload-id {shlex.quote(version.removeprefix('upload:'))} {region}"
    if version:
        return f"oci os object delete {where} --version-id {shlex.quote(version)} {region}"
    return f"oci os object delete {where} {region}"


def _places(parameters: OracleParameters) -> tuple[str, str]:
    """What the policy's command takes from variables: the groups, to choose from, and the bucket's compartment."""
    compartment = f"{bucket_get(parameters)} --query 'data.\"compartment-id\"' --raw-output"
    return GROUPS, f"COMPARTMENT_OCID=$({compartment})"


def _grant(parameters: OracleParameters, summary: str) -> Fix:
    return Fix(
        f"{summary} Set GROUP_OCID to the id of a group that this key's user is in, which the first command lists, then run the others; "
        "or add the statements to a policy that you have.",
        commands=(*_places(parameters), policy_command(parameters.bucket)),
        grant=document(parameters.bucket),
    )


# ---- by finding ------------------------------------------------------------------------------------------------------


def explain_finding(finding: str, parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    """The detail and fix for one finding; empty where the catalog says enough."""
    make = _ADVICE.get(finding)
    return make(parameters, failure, options) if make is not None else Advice()


def _unknown_key(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail=f"Oracle knows no active key {short(parameters.customer_access_key_id)} in {parameters.region}. The id is mistyped, the key was "
        "deleted or made inactive, the tenancy does not use this region, or the key is new: Oracle takes some minutes to carry one there.",
        fix=Fix(
            f"Compare the id with the user's keys and look at its state. If the key is less than 15 minutes old, wait and check again. {USER}",
            (KEY_LIST, SUBSCRIPTIONS),
        ),
        pointer="/parameters/customer_access_key_id",
        evidence={"access_key_id": short(parameters.customer_access_key_id), "region": parameters.region},
    )


def _wrong_secret(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail=f"Oracle does not accept the signature made with this secret for the key {short(parameters.customer_access_key_id)}: "
        "the secret is not this key's, or a part of it was lost in copying.",
        fix=Fix(
            f"A secret is shown only once, when its key is made. Make a new key (a user may have two) and give Planet both its values. {USER}",
            (KEY_LIST, MAKE_KEY),
        ),
        pointer="/parameters/customer_secret_key",
        evidence={
            "access_key_id": short(parameters.customer_access_key_id),
            "secret_length": str(len(parameters.customer_secret_key)),
        },
    )


def _accepted_before(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail=f"Oracle accepted the key {short(parameters.customer_access_key_id)} and refused it a moment later in the same check. "
        "A key made within the last minutes is not yet known everywhere; otherwise something on the way may have altered the request.",
        fix=Fix("Wait some minutes and check again; if a proxy is in between, check from a network without it."),
    )


def _all_alike(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure
    bucket, region, namespace = parameters.bucket, parameters.region, parameters.namespace
    name = f"the bucket is not called {bucket}" + (" (upper and lower case matter)" if bucket != bucket.lower() else "")
    candidates = [name, f"it lies in another region than {region}", f"{namespace} is not its namespace"]
    if not SYSTEM_NAMESPACE.fullmatch(namespace):
        # Oracle's own namespaces have one form; another is an old tenancy's name, or a mistake.
        candidates.insert(0, candidates.pop())
    candidates.append(
        f"the group of this key's user has no permission on objects in {bucket}, or its policy names another compartment"
    )
    listed = "".join(f"\n{number}. {each}" for number, each in enumerate(candidates, 1))
    return Advice(
        detail=f"Every request was answered as if there were no such bucket. Oracle says the same when a permission is missing, and "
        f"this key alone cannot tell the two apart. Planet would be refused in either case. Look in this order:{listed}",
        fix=Fix(
            "As somebody who may read the bucket, run the commands: they show the namespace and whether the bucket is there. If it is, "
            "the permission is missing: allow it with the statements below, GROUP_OCID being the id of a group that this key's user is in.",
            (NAMESPACE_LOOKUP, bucket_get(parameters), *_places(parameters), policy_command(bucket)),
            grant=document(bucket),
        ),
        pointer="/parameters/bucket",
        evidence={"namespace": namespace, "region": region, "host": host(parameters, options)},
    )


def _denied(operation: Operation, consequence: str) -> Callable[[OracleParameters, Failure | None, Options], Advice]:
    needs = PERMISSIONS[operation]

    def make(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
        del options
        other = ""
        if failure is not None and failure.observation.status == 404 and operation is not Operation.DELETE:
            other = " A Vault key of the bucket that cannot be used may be answered in the same way."
        if failure is not None and _says(failure, READ_ONLY):
            return Advice(
                detail=f"Oracle says that {parameters.bucket} is read-only: it is probably the destination of a replication.",
                fix=Fix("Deliver to another bucket, or stop the replication into this one.", (bucket_get(parameters),)),
                pointer="/parameters/bucket",
            )
        text = consequence
        if failure is not None and operation is Operation.DELETE and failure.mode is Mode.PERFORMED:
            text = "Planet would leave planetverify.txt behind, as this check has."
        return Advice(
            detail=f"The bucket {parameters.bucket} was found, and {operation} alone was answered as if it were missing: that is how Oracle "
            f"refuses what {needs} allows. {text}{other}",
            fix=_grant(parameters, f"Allow {needs} on the bucket."),
            pointer="/parameters/bucket",
            evidence={"needs": needs},
        )

    return make


def _says(failure: Failure, pattern: str) -> bool:
    words = failure.observation.message if failure.words is None else failure.words
    return re.search(pattern, words, re.IGNORECASE) is not None


def _overwrite(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail="A planetverify.txt is already there, and these credentials may make files but not write over one: Planet would try to, and be "
        "refused. Seen on this check's own file; the one that is there was not touched.",
        fix=_grant(parameters, "Allow OBJECT_OVERWRITE, which large deliveries need as well, or remove the old file."),
        pointer="/parameters/bucket",
        evidence={"needs": "OBJECT_OVERWRITE"},
    )


def _multipart(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail="A single file can be written, but an upload in parts was refused. It needs OBJECT_OVERWRITE besides OBJECT_CREATE, and to "
        "finish one BUCKET_READ and OBJECT_READ. Planet's check would pass, and deliveries of large files may fail.",
        fix=_grant(parameters, "Allow all that an upload in parts needs."),
        pointer="/parameters/bucket",
        evidence={"needs": "OBJECT_CREATE, OBJECT_OVERWRITE, BUCKET_READ, OBJECT_READ"},
    )


def _retention(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    return Advice(
        detail=f"A retention rule of {parameters.bucket} forbids to delete or to write over files. Planet's check could write its file and "
        "never remove it. Retention rules cannot be read with this key, so this shows only when a file is deleted.",
        fix=Fix(
            "Remove the rule if it is not locked, or deliver to a bucket without one. What lies there can be removed when the rule lets it go.",
            (retention_list(parameters),),
        ),
        pointer="/parameters/bucket",
    )


def _vault(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del options
    service = f"objectstorage-{parameters.region}"
    sure = failure is None or not _says(failure, VAULT) or failure.observation.status == 404
    return Advice(
        detail=f"{parameters.bucket} is encrypted with a Vault key that {'Object Storage may not use' if sure else 'cannot be used now'}. "
        "The user of this key needs nothing more; the service does.",
        fix=Fix(
            "Allow the service to use the key, and see that the key is enabled. KEY_OCID is the kms-key-id that the command shows, COMPARTMENT "
            "the key's compartment.",
            (bucket_get(parameters),),
            grant=f"Allow service {service} to use keys in compartment COMPARTMENT where target.key.id='KEY_OCID'",
        ),
        pointer="/parameters/bucket",
    )


def _unsupported(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del options
    chunked = failure is not None and "chunked" in failure.observation.message.lower()
    return Advice(
        detail=f"{host_of(parameters)} does not know the form of this tool's request"
        + (" (a body sent in chunks). Something on the way may have changed it." if chunked else ".")
        + " Nothing is wrong with your destination as far as this shows.",
        fix=Fix("Check from a network without a proxy; if that does not help, report it as a fault of this tool."),
    )


def _lingering(parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    del failure, options
    from validator.providers.oracle.leftovers import lifecycle

    where = (
        f"--namespace-name {shlex.quote(parameters.namespace)} --bucket-name {shlex.quote(parameters.bucket)} "
        f"--region {shlex.quote(parameters.region)}"
    )
    return Advice(fix=lifecycle(where, retention_list(parameters)))


def host_of(parameters: OracleParameters) -> str:
    """The host of this namespace and region: the form that addresses buckets by path, whatever their names."""
    return f"{parameters.namespace}.compat.objectstorage.{parameters.region}.{regions.domain(parameters.region)}"


def host(parameters: OracleParameters, options: Options) -> str:
    """The host, or the endpoint that takes its place."""
    return options.endpoint or host_of(parameters)


_ADVICE: Final[dict[str, Callable[[OracleParameters, Failure | None, Options], Advice]]] = {
    "unknown-access-key": _unknown_key,
    "wrong-secret": _wrong_secret,
    "key-accepted-then-refused": _accepted_before,
    "bucket-or-permission-missing": _all_alike,
    "write-denied": _denied(Operation.WRITE, "Planet could not write its verification file."),
    "read-denied": _denied(Operation.READ, "Planet's check does not read, but Planet documents the permission as needed."),
    "delete-denied": _denied(
        Operation.DELETE, "Planet would refuse the destination and leave planetverify.txt behind; this check wrote nothing."
    ),
    "overwrite-denied": _overwrite,
    "multipart-denied": _multipart,
    "retention-locked": _retention,
    "encryption-key-denied": _vault,
    "encryption-key-unavailable": _vault,
    "request-unsupported": _unsupported,
    "lingering-file": _lingering,
}
