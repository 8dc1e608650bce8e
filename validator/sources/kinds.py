"""Tells from its content what kind of file a source is, and names the kinds that are not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from validator.core import lazy

BY_VARIABLES: Final = "write the destination down (planet-validator init starts one) and name the values in it as ${NAME}"
NESTED_VARIABLES: Final = (
    f'this is not NAME = "value", and other variables of Terraform (lists, objects) are not read; {BY_VARIABLES}'
)
MAGIC: Final[Mapping[bytes, str]] = {
    b"PK\x03\x04": "a zip archive (or an Office document); unpack it and name the files in it",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip archive; unpack it and name the files in it",
    b"BZh": "a bzip2 archive; unpack it and name the files in it",
    b"\xfd7zXZ\x00": "an xz archive; unpack it and name the files in it",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it and name the files in it",
    b"%PDF": "a PDF; copy the request out of it into a .json file",
    b"\x89PNG": "an image; write the request down in a .json file",
    b"\xff\xd8\xff": "an image; write the request down in a .json file",
    b"GIF8": "an image; write the request down in a .json file",
    b"II*\x00": "a TIFF image; a source is the request that is sent to Planet, not what Planet delivers",
    b"MM\x00*": "a TIFF image; a source is the request that is sent to Planet, not what Planet delivers",
    b"SQLite format 3": "a database; write the request down in a .json file",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document; copy the request out of it into a .json file",
    b"age-encryption.org": "a file encrypted with age; decrypt it and give it to - (standard input)",
}
"""What the first bytes say, and what to do instead."""

_ENCRYPTED: Final = lazy.compile(r"\$ANSIBLE_VAULT;|-----BEGIN PGP MESSAGE-----|-----BEGIN AGE ENCRYPTED FILE-----")
_TERRAFORM: Final = lazy.compile(
    r'(?m)^[ \t]{0,8}(?:(?:resource|data|provider|variable|module|output)[ \t]{1,8}"[^"\n]{1,200}"|(?:terraform|locals)[ \t]{1,8}\{)'
)
_INI: Final = lazy.compile(r"\s{0,80}\[(?:default|profile [^\]\n]{1,200})\][ \t\r]*\n")
_RCLONE: Final = lazy.compile(
    r"(?m)^\[[^\]\n]{1,200}\][ \t\r]*\n(?:[ \t]*\n){0,5}type[ \t]*=[ \t]*"
    r"(?:s3|b2|swift|drive|azureblob|azurefiles|google cloud storage|oracleobjectstorage|alias|crypt|sftp|webdav|combine|union)[ \t\r]*$"
)
_SECTIONS: Final = lazy.compile(
    r"(?m)^\[[^\s\]][^\]\n]{0,200}\][ \t\r]*\n(?:[ \t\r]*(?:[#;][^\n]{0,400})?\n){0,20}[\w.-]{1,80}[ \t]*=[ \t]*(?![\"'\[{+\d-]|(?:true|false|inf|nan)\b)[^\s=]"
)
"""A section and a value without quotes: no TOML."""
_BATCH: Final = lazy.compile(
    r"(?im)^[ \t]{0,8}@?(?:[A-Z]:\\[^>\n]{0,200}>[ \t]{0,4})?(?:planet|curl(?:\.exe)?|set|call)\b[^\n]{0,4000}?"
    r"(?:[ \t]\^[ \t\r]{0,8}$|%(?![0-9a-f]{2}%)[A-Z_]\w{2,80}%)|^[ \t]{0,8}[A-Z]:\\[^>\n]{0,200}>[ \t]{0,4}\w"
)
_MAKEFILE: Final = lazy.compile(
    r"(?m)^[\w./%-]{1,80}[ \t]{0,4}:(?!=)[^\n]{0,400}\n(?:\t[^\n]{0,4000}\n){0,40}\t[^\n$]{0,4000}\$[$(]"
)
_POWERSHELL: Final = lazy.compile(
    r"(?im)^[ \t]{0,8}(?:\$\w{1,60}[ \t]{0,4}=[ \t]{0,4})?Invoke-(?:RestMethod|WebRequest)\b|^[ \t]{0,8}\$\w{1,60}[ \t]{0,4}=[ \t]{0,4}@\{"
    r"|^[ \t]{0,8}(?:PS[ \t]{1,4}[A-Z]:\\[^>\n]{0,200}>|\$env:\w{1,80}[ \t]{0,4}=)"
    r"|^[ \t]{0,8}(?:planet|curl(?:\.exe)?)\b[^\n]{0,4000}?(?:[ \t]`[ \t\r]{0,8}$|\$env:\w)"
)
_IN_IMAGES: Final = ("RUN ", "ENV ", "COPY ", "CMD ", "ENTRYPOINT ", "WORKDIR ")
_TABLE: Final = lazy.compile(r'(?i)(?:"?[a-z0-9_ ]{1,60}"?[,;\t]){1,60}"?[a-z0-9_ ]{1,60}"?[ \t\r]*\n')
A_KEY: Final = "only the key of a destination; write the destination down (planet-validator init starts one) and put the key into variables"
_PEM: Final = lazy.compile(r"\s{0,80}-----BEGIN [A-Z ]{0,40}(?:KEY|CERTIFICATE)-----")
_MARKUP: Final = lazy.compile(r"(?i)\s{0,80}(?:<!doctype html|<html|<\?xml)")


def of_bytes(data: bytes) -> str | None:
    """What a file is that is no text, with what to do instead; None for what may be a text."""
    return next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), None)


def of_text(text: str) -> str | None:
    """What a text is that is not read as a source, with what to do instead; None for any other."""
    head = text[:65_536]
    if _ENCRYPTED.match(head.lstrip()):
        return "encrypted; decrypt it and give it to - (standard input)"
    if _PEM.match(head):
        return "a key or a certificate, not a destination"
    if _MARKUP.match(head):
        return "a web page or XML; copy the request itself into a .json file"
    if _INI.match(head):
        return (
            "an AWS credentials or configuration file; write the destination down and name the values as references,"
            " such as ${AWS_SECRET_ACCESS_KEY}"
        )
    if _RCLONE.search(head):
        return "an rclone configuration; write the destination down as Planet's request (planet-validator init starts one)"
    if _POWERSHELL.search(head):
        return "a PowerShell script, which is not read; write the request that it sends down in a .json file"
    if _BATCH.search(head):
        return f"a batch file or a command line of Windows, whose variables and line ends are not followed; {BY_VARIABLES}"
    if _MAKEFILE.search(head):
        return f"a Makefile, whose variables make fills in; {BY_VARIABLES}"
    if _is_dockerfile(head):
        return f"a Dockerfile, whose variables are for a container; {BY_VARIABLES}"
    if (kind := _of_table(head)) is not None:
        return kind
    if _SECTIONS.search(head):
        return "an INI file; write the destination down as JSON, YAML or TOML (planet-validator init starts one)"
    if _TERRAFORM.search(head):
        return (
            "Terraform; it makes the bucket, and the request to Planet is another file (planet-validator init starts one)."
            " Terraform's outputs can be put into variables and named as ${NAME}"
        )
    return None


def _of_table(head: str) -> str | None:
    table = _TABLE.match(head)
    names = table[0].lower() if table else ""
    if "bucket" in names or "container" in names:
        return "a table (CSV); write each of its rows down as a destination, as JSON, YAML or TOML"
    return f"a key as a console gives it (CSV): {A_KEY}" if "access key" in names else None


def _is_dockerfile(head: str) -> bool:
    """Whether a text begins with an image to build on, and then does something in it."""
    if "FROM " not in head:
        return False
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith("#")]
    return bool(lines) and lines[0].startswith(("FROM ", "ARG ")) and any(line.startswith(_IN_IMAGES) for line in lines[1:])
