"""A bucket and an object in it, as Oracle's hosts and tools name them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from validator.providers.oracle import regions

if TYPE_CHECKING:
    from validator.providers.base import Options
    from validator.providers.oracle.parameters import OracleParameters


def object_uri(parameters: OracleParameters, key: str, options: Options) -> str:
    """The address in the form of Oracle's own tools."""
    del options
    return f"oci://{parameters.bucket}@{parameters.namespace}/{key}"


def host_of(parameters: OracleParameters) -> str:
    """The host of this namespace and region: the form that addresses buckets by path, whatever their names."""
    return f"{parameters.namespace}.compat.objectstorage.{parameters.region}.{regions.domain(parameters.region)}"


def oci(command: str, parameters: OracleParameters, more: str = "") -> str:
    """A command about the bucket, with these further options."""
    return (
        f"oci os {command} --namespace-name {shlex.quote(parameters.namespace)} --bucket-name {shlex.quote(parameters.bucket)}{more} "
        f"--region {shlex.quote(parameters.region)}"
    )


def removal(parameters: OracleParameters, key: str, version: str | None) -> str:
    """The command with which the owner removes an object, a version of one, or (``upload:ID``) an unfinished upload; or (``list:``) looks
    for what there is.
    """
    if version == "list:":
        return oci("object list-object-versions", parameters, f" --prefix {shlex.quote(key)}")
    command, where = "object delete", f" --object-name {shlex.quote(key)}"
    if version and version.startswith("upload:"):
        command, where = "multipart abort", f"{where} --upload-id {shlex.quote(version.removeprefix('upload:'))}"
    elif version:
        where += f" --version-id {shlex.quote(version)}"
    return f"{oci(command, parameters, where)} --force"
