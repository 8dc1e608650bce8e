"""Documents and texts of other tools, which hold no destination: what each is, and what to do instead. Loaded where there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from validator.core import lazy
from validator.sources.kinds import A_KEY, BY_VARIABLES
from validator.sources.payloads import is_source

_COPY_BODY: Final = "copy the body of the request that it sends to Planet into a .json file"
_STEP: Final = f"{BY_VARIABLES} (`planet-validator check` is a step of it then)"
_LOGINS: Final[Mapping[object, str]] = {
    "authorized_user": "a person's login (`gcloud auth application-default login`), and not the JSON key of a service account, which Planet needs",
    "external_account": "a login by another identity provider, and not the JSON key of a service account, which Planet needs",
    "impersonated_service_account": "a login on behalf of a service account, and not its JSON key, which Planet needs",
}
"""What Google's tools leave, by its ``type``."""
_AREAS: Final = ("FeatureCollection", "Feature", "GeometryCollection", "Polygon", "MultiPolygon", "Point", "LineString")
_DOCUMENTS: Final[Sequence[tuple[tuple[str, ...], str]]] = (
    (("stac_version",), "a STAC document, not a destination"),
    (("Version", "Statement"), "an AWS policy, not a destination; planet-validator policy prints one for a destination"),
    (("apiVersion", "kind"), f"a Kubernetes manifest; {BY_VARIABLES}"),
    (("AWSTemplateFormatVersion",), f"a template of CloudFormation; {BY_VARIABLES}"),
    (("Stacks",), f"what `aws cloudformation describe-stacks` printed; {BY_VARIABLES}"),
    (("terraform_version",), f"a state or a plan of Terraform's; {BY_VARIABLES}"),
    (("encryptionsalt",), f"a configuration of Pulumi's; {BY_VARIABLES}"),
    (("pipelines",), f"a pipeline of Bitbucket; {_STEP}"),
    (("workflows", "jobs"), f"a configuration of CircleCI; {_STEP}"),
    (("info", "item"), f"a collection of Postman's; {_COPY_BODY}"),
    (("log.entries",), f"a recording of a browser (HAR), which may hold logins as well; {_COPY_BODY}"),
    (("collection", "name"), f"a collection of requests; {_COPY_BODY}"),
    (("resources", "_type"), f"an export of Insomnia's; {_COPY_BODY}"),
    (("aliases", "version"), f"a configuration of MinIO's mc: {A_KEY}"),
    (("AccessKey.SecretAccessKey",), f"what `aws iam create-access-key` printed: {A_KEY}"),
    (
        ("Credentials.SecretAccessKey",),
        "what `aws sts` printed: temporary credentials, for which Planet has no parameter; it takes the long-lived key of a user",
    ),
    (("data.key", "data.user-id"), f"what `oci iam customer-secret-key create` printed: {A_KEY}"),
    (
        ("secret", "metadata"),
        "an HMAC key of Google's, for its S3-compatible interface; Planet's type for Google needs the JSON key of a service account",
    ),
    (
        ("keyName", "value"),
        "a list of the keys of an Azure account, each of which opens it whole; Planet takes a SAS token of the container alone",
    ),
    (
        ("connectionString",),
        "a connection string of an Azure account, which opens it whole; Planet takes a SAS token of the container alone",
    ),
    (("hosts", "tasks"), f"a playbook of Ansible's; {BY_VARIABLES}"),
    *(
        (("_links", each), "an answer of Planet's API with other things than destinations")
        for each in ("orders", "subscriptions", "features")
    ),
    (("sops",), "encrypted with sops; give what `sops -d` prints to - (standard input)"),
    (("hosts", "roles"), f"a playbook of Ansible's; {BY_VARIABLES}"),
)
"""Members by which other documents are known, a dot before what is in them, and what they are."""
_LINES: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (lazy.compile(r"(?i)(?:#[^\n]{0,400}\n|\s){0,40}(?:POST|PUT|PATCH|GET) https?://"), f"an HTTP request; {_COPY_BODY}"),
    (lazy.compile(r"(?s).{0,4000}?(?:JSON\.stringify|\brequire|\bfetch)\("), f"JavaScript, which is not read; {_COPY_BODY}"),
    (lazy.compile(r"\s{0,80}(?://[^\n]{0,400}\n\s{0,80})?(?:@Library|pipeline[ \t]{0,8}\{)"), f"a Jenkinsfile; {_STEP}"),
    (lazy.compile(r"\s{0,80}machine[ \t]"), "a .netrc file: a login, not a destination"),
    (
        lazy.compile(
            r"(?is).{0,4000}?^[ \t]{0,8}(?:access key(?: id)?|secret access key|keyID)[ \t\r]{0,8}(?:[:=,]|$)",
            re.MULTILINE,
        ),
        f"a key as a console shows it: {A_KEY}",
    ),
    (
        lazy.compile(r"[^\n]{0,2000}?(?<![a-z])sig=[A-Za-z0-9%+/]"),
        "a SAS token or a signed address alone; it belongs into a destination, as sas_token (planet-validator init azure)",
    ),
)
"""What the lines of a text say that is no document, and what it is."""
_MEMBERS: Final = frozenset({"type", "parameters", "destinations", "delivery"})
"""What lines of a source in YAML begin with: what is wrong with them is more to the point."""


def of_value(value: Any) -> str | None:
    """What a document is that was read and holds no destination, with what to do instead; None where nothing is known of it."""
    if isinstance(value, list):  # several documents, or records
        known = (of_value(each) if isinstance(each, dict) else None for each in value)
        first = next(known, None)
        return first if first and all(known) else None
    if not isinstance(value, dict):
        return None
    type_ = value.get("type") if isinstance(value.get("type"), str) else ""
    if type_ in _AREAS:
        return "GeoJSON: an area of interest, not a destination; name the order or the destination that it is for"
    tool = value.get("tool") if "schema_version" in value else None
    if isinstance(tool, dict) and tool.get("name") == "planet-validator":
        return "a report of planet-validator, which an earlier run left here, not a source"
    if value and all(isinstance(each, dict) and {"value", "sensitive"} <= each.keys() for each in value.values()):
        return f"what `terraform output -json` printed; {BY_VARIABLES}"
    if {"destinations", "delivery", "parameters"} & value.keys() or ("sops" not in value and is_source(value)):
        return None
    known = (kind for members, kind in _DOCUMENTS if all(_holds(value, each) for each in members))
    return _LOGINS.get(type_) or _of_sections(value) or next(known, None) or _of_names(value)


def _of_sections(value: Mapping[Any, Any]) -> str | None:
    """By what its members hold."""
    items = [each for each in value.values() if isinstance(each, dict)]
    jobs = value.get("jobs")
    if isinstance(value.get("services"), dict):
        return f"a Docker Compose file, whose variables are for a container; {BY_VARIABLES}"
    if isinstance(jobs, dict) and ("on" in value or True in value or "runs-on" in str(jobs)[:10_000]):
        return f"a workflow of GitHub; {BY_VARIABLES} (`planet-validator check` is a step of the workflow then)"
    if any("script" in each for each in items):
        return f"a pipeline of GitLab; {_STEP}"
    listed = any(isinstance(value.get(each), list) for each in ("steps", "stages", "jobs"))
    if listed and {"pool", "trigger", "pr"} & value.keys():
        return f"a pipeline of Azure DevOps; {_STEP}"
    return None


def _of_names(value: Mapping[str, Any]) -> str | None:
    names = {str(each).lower().replace(" ", "").replace("-", "").replace("_", "") for each in value}
    more = "type" in value or any(each in name for name in names for each in ("bucket", "container", "endpoint", "region"))
    if names & {"accesskeyid", "secretaccesskey", "awsaccesskeyid"} and not more:
        return f"a key as a console or a command shows it: {A_KEY}"
    return None


def _holds(value: Mapping[str, Any], member: str) -> bool:
    name, _, inner = member.partition(".")
    found = value.get(name)
    return name in value and (not inner or (isinstance(found, dict) and inner in found))


def of_lines(text: str) -> str | None:
    """What a text is that is neither a document nor a program that is read; None where nothing is known of it, or it is meant as a source."""
    if any(line.partition(":")[0] in _MEMBERS for line in text.splitlines()):
        return None
    return next((kind for pattern, kind in _LINES if pattern.match(text)), None)
