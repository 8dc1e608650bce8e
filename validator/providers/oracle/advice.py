"""What to do about a finding on Oracle: the sentence about this bucket, policy statements, and commands that can be pasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from validator.core.model import Fix, Mode, Operation
from validator.providers.base import Advice, Failure, Options
from validator.providers.common import case
from validator.providers.oracle.addresses import host_of, oci
from validator.providers.oracle.grants import document, policy_command
from validator.providers.oracle.lint import KEY_LIST, MAKE_KEY, NAMESPACE_LOOKUP, SYSTEM_NAMESPACE, USER, short
from validator.providers.oracle.parameters import PERMISSIONS, OracleParameters
from validator.providers.oracle.rules import READ_ONLY, VAULT

SUBSCRIPTIONS: Final = "oci iam region-subscription list"
GROUPS: Final = "oci iam group list --all --query 'data[].{name:name,id:id}' --output table"
"""The command that lists a tenancy's groups with their OCIDs."""


class Case(case.Case):
    """One finding to speak about."""

    parameters: OracleParameters
    options: Options

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.parameters.bucket

    @property
    def key(self) -> str:
        """The key's id, as it may be shown."""
        return short(self.parameters.customer_access_key_id)

    @property
    def bucket_get(self) -> str:
        """The command that shows the bucket's settings to its owner."""
        return oci("bucket get", self.parameters)

    @property
    def retention_list(self) -> str:
        """The command that shows the bucket's retention rules to its owner."""
        return oci("retention-rule list", self.parameters)

    @property
    def policy_commands(self) -> tuple[str, ...]:
        """What gives the policy's variables (the groups, to choose from, and the bucket's compartment), and what makes the policy."""
        compartment = f"{self.bucket_get} --query 'data.\"compartment-id\"' --raw-output"
        return GROUPS, f"COMPARTMENT_OCID=$({compartment})", policy_command(self.bucket)

    def allowed(self, summary: str) -> Fix:
        """How to grant what is missing."""
        return Fix(
            f"{summary} Set GROUP_OCID to the id of a group that this key's user is in, which the first command lists, then run the others; "
            "or add the statements to a policy that you have.",
            self.policy_commands,
            document(self.bucket),
        )


# ---- by finding ------------------------------------------------------------------------------------------------------


def explain_finding(finding: str, parameters: OracleParameters, failure: Failure | None, options: Options) -> Advice:
    """The detail and fix for one finding; empty where the catalog says enough."""
    make = _ADVICE.get(finding)
    return make(Case(failure, parameters, options)) if make is not None else Advice()


def _about_bucket(detail: str, fix: Fix, **evidence: str) -> Advice:
    return Advice(detail, fix, "/parameters/bucket", evidence)


def _unknown_key(case: Case) -> Advice:
    region = case.parameters.region
    return Advice(
        f"Oracle knows no active key {case.key} in {region}. The id is mistyped, the key was "
        "deleted or made inactive, the tenancy does not use this region, or the key is new: Oracle takes some minutes to carry one there.",
        Fix(
            f"Compare the id with the user's keys and look at its state. If the key is less than 15 minutes old, wait and check again. {USER}",
            (KEY_LIST, SUBSCRIPTIONS),
        ),
        "/parameters/customer_access_key_id",
        {"access_key_id": case.key, "region": region},
    )


def _wrong_secret(case: Case) -> Advice:
    return Advice(
        f"Oracle does not accept the signature made with this secret for the key {case.key}: "
        "the secret is not this key's, or a part of it was lost in copying.",
        Fix(
            f"A secret is shown only once, when its key is made. Make a new key (a user may have two) and give Planet both its values. {USER}",
            (KEY_LIST, MAKE_KEY),
        ),
        "/parameters/customer_secret_key",
        {"access_key_id": case.key, "secret_length": str(len(case.parameters.customer_secret_key))},
    )


def _accepted_before(case: Case) -> Advice:
    return Advice(
        f"Oracle accepted the key {case.key} and refused it a moment later in the same check. "
        "A key made within the last minutes is not yet known everywhere; otherwise something on the way may have altered the request.",
        Fix("Wait some minutes and check again; if a proxy is in between, check from a network without it."),
    )


def _all_alike(case: Case) -> Advice:
    bucket, region, namespace = case.bucket, case.parameters.region, case.parameters.namespace
    name = f"the bucket is not called {bucket}" + (" (upper and lower case matter)" if bucket != bucket.lower() else "")
    candidates = [name, f"it lies in another region than {region}", f"{namespace} is not its namespace"]
    if not SYSTEM_NAMESPACE.fullmatch(namespace):
        # Oracle's own namespaces have one form; another is an old tenancy's name, or a mistake.
        candidates.insert(0, candidates.pop())
    candidates.append(
        f"the group of this key's user has no permission on objects in {bucket}, or its policy names another compartment"
    )
    listed = "".join(f"\n{number}. {each}" for number, each in enumerate(candidates, 1))
    return _about_bucket(
        f"Every request was answered as if there were no such bucket. Oracle says the same when a permission is missing, and "
        f"this key alone cannot tell the two apart. Planet would be refused in either case. Look in this order:{listed}",
        Fix(
            "As somebody who may read the bucket, run the commands: they show the namespace and whether the bucket is there. If it is, "
            "the permission is missing: allow it with the statements below, GROUP_OCID being the id of a group that this key's user is in.",
            (NAMESPACE_LOOKUP, case.bucket_get, *case.policy_commands),
            document(bucket),
        ),
        namespace=namespace,
        region=region,
        host=case.options.endpoint or host_of(case.parameters),
    )


def _denied(operation: Operation, consequence: str) -> Callable[[Case], Advice]:
    needs = PERMISSIONS[operation]

    def make(case: Case) -> Advice:
        if _says(case, READ_ONLY):
            return _about_bucket(
                f"Oracle says that {case.bucket} is read-only: it is probably the destination of a replication.",
                Fix("Deliver to another bucket, or stop the replication into this one.", (case.bucket_get,)),
            )
        text = consequence
        if case.failure is not None and operation is Operation.DELETE and case.failure.mode is Mode.PERFORMED:
            text = "Planet would leave planetverify.txt behind, as this check has."
        elif case.failure is not None and operation is not Operation.DELETE and case.failure.observation.status == 404:
            text += " A Vault key of the bucket that cannot be used may be answered in the same way."
        return _about_bucket(
            f"The bucket {case.bucket} was found, and {operation} alone was answered as if it were missing: that is how Oracle "
            f"refuses what {needs} allows. {text}",
            case.allowed(f"Allow {needs} on the bucket."),
            needs=needs,
        )

    return make


def _says(case: Case, pattern: str) -> bool:
    words = case.failure.words if case.failure else None
    return re.search(pattern, case.message if words is None else words, re.IGNORECASE) is not None


def _overwrite(case: Case) -> Advice:
    return _about_bucket(
        "A planetverify.txt is already there, and these credentials may make files but not write over one: Planet would try to, and be "
        "refused. Seen on this check's own file; the one that is there was not touched.",
        case.allowed("Allow OBJECT_OVERWRITE, which large deliveries need as well, or remove the old file."),
        needs="OBJECT_OVERWRITE",
    )


def _multipart(case: Case) -> Advice:
    return _about_bucket(
        "A single file can be written, but an upload in parts was refused. It needs OBJECT_OVERWRITE besides OBJECT_CREATE, and to "
        "finish one BUCKET_READ and OBJECT_READ. Planet's check would pass, and deliveries of large files may fail.",
        case.allowed("Allow all that an upload in parts needs."),
        needs="OBJECT_CREATE, OBJECT_OVERWRITE, BUCKET_READ, OBJECT_READ",
    )


def _retention(case: Case) -> Advice:
    return _about_bucket(
        f"A retention rule of {case.bucket} forbids to delete or to write over files. Planet's check could write its file and "
        "never remove it. Retention rules cannot be read with this key, so this shows only when a file is deleted.",
        Fix(
            "Remove the rule if it is not locked, or deliver to a bucket without one. What lies there can be removed when the rule lets it go.",
            (case.retention_list,),
        ),
    )


def _vault(case: Case) -> Advice:
    service = f"objectstorage-{case.parameters.region}"
    sure = case.failure is None or not _says(case, VAULT) or case.failure.observation.status == 404
    return _about_bucket(
        f"{case.bucket} is encrypted with a Vault key that {'Object Storage may not use' if sure else 'cannot be used now'}. "
        "The user of this key needs nothing more; the service does.",
        Fix(
            "Allow the service to use the key, and see that the key is enabled. KEY_OCID is the kms-key-id that the command shows, COMPARTMENT "
            "the key's compartment.",
            (case.bucket_get,),
            f"Allow service {service} to use keys in compartment COMPARTMENT where target.key.id='KEY_OCID'",
        ),
    )


def _unsupported(case: Case) -> Advice:
    chunked = "chunked" in case.message.lower()
    how = " (a body sent in chunks). Something on the way may have changed it." if chunked else "."
    return Advice(
        f"{host_of(case.parameters)} does not know the form of this tool's request{how} Nothing is wrong with your destination as far as this shows.",
        Fix("Check from a network without a proxy; if that does not help, report it as a fault of this tool."),
    )


def _lingering(case: Case) -> Advice:
    from validator.providers.oracle.leftovers import lifecycle

    return Advice(fix=lifecycle(case.retention_list, oci("object-lifecycle-policy get", case.parameters)))


_ADVICE: Final[Mapping[str, Callable[[Case], Advice]]] = {
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
