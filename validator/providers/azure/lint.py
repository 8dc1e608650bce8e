"""What is wrong with the parameters of an Azure destination, seen without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from validator.core.model import Finding
from validator.core.values import replace
from validator.providers.azure import lint_form, lint_grant, names
from validator.providers.azure.case import TOKEN
from validator.providers.azure.sas import LONGEST, Damage, RepairedToken, is_account_key, parse, repair
from validator.providers.azure.sas_findings import error, not_a_sas, replacement
from validator.providers.common import swaps
from validator.providers.common.partial import Partial, judged, known

if TYPE_CHECKING:
    from validator.providers.base import Options

_WORDS: Final = {"account": "ACCOUNT", "container": "CONTAINER", "storage_endpoint_suffix": "core.windows.net"}
_SHAPES: Final[swaps.Shapes] = {
    "account": lambda text: names.ACCOUNT.fullmatch(text) is not None,
    "container": lambda text: names.CONTAINER.fullmatch(text) is not None,
    "sas_token": lambda text: "sig=" in text or "sig%3D" in text,
}


def lint(parameters: Any, options: Options) -> Iterator[Finding]:
    """Every finding about an instance of the provider's Parameters."""
    secret = known(parameters, "sas_token", None)
    value = secret.reveal() if secret is not None else ""
    repaired = repair(value) if len(value) <= LONGEST else RepairedToken(value, ())
    # Commands in the fixes name account and container: where these are not known, a word in their place does.
    shown = {name: known(parameters, name, word) for name, word in _WORDS.items()}
    shown["account"] = names.bare(shown["account"]) or shown["account"]
    yield from swaps.around(
        parameters,
        _SHAPES,
        judged(
            lambda: names.account(parameters.account, repaired),
            lambda: names.container(parameters.container, known(parameters, "account", ""), repaired),
            lambda: names.suffix(parameters.storage_endpoint_suffix),
            lambda: names.endpoint(options.endpoint or "", known(parameters, "account", "")),
            lambda: _token(Partial(shown), value, repaired, options) if secret is not None else (),
        ),
    )


def _token(parameters: Any, value: str, repaired: RepairedToken, options: Options) -> Iterator[Finding]:
    if len(value) > LONGEST:
        yield error("sas-malformed", f"sas_token has {len(value):,} characters; a token has a few hundred.")
        return
    if is_account_key(value):
        yield not_a_sas(
            parameters,
            options,
            "sas_token holds an account key. It opens the whole account: if others may have seen this file, renew the key.",
        )
        return
    if re.search(
        r"(?i)\b(?:DefaultEndpointsProtocol|AccountKey|AccountName|SharedAccessSignature|EndpointSuffix|BlobEndpoint)=", value
    ):
        yield from _connection_string(parameters, value, repaired, options)
        return
    sas = parse(repaired.token)
    if repaired.token[:1] in "{[" or "=" not in repaired.token:
        what = "JSON" if repaired.token[:1] in "{[" else "a value without a single field"
        yield not_a_sas(parameters, options, f"sas_token holds {what}; a SAS looks like sv=...&sr=c&sp=rwdl&se=...&sig=...")
        return
    yield from lint_form.damage(repaired, sas)
    yield from lint_form.placeholders(repaired, sas)
    yield from lint_grant.other_service(sas)
    yield from lint_form.structure(sas)
    yield from lint_grant.binding(sas)
    yield from lint_grant.times(parameters, sas, options)
    yield from lint_grant.scope(parameters, sas, options)
    yield from lint_grant.letters(parameters, sas, options)


def _connection_string(parameters: Any, value: str, repaired: RepairedToken, options: Options) -> Iterator[Finding]:
    key = re.search(r"(?i)AccountKey=", value) is not None
    inner = parse(repaired.token)
    usable = Damage.CONNECTION_STRING in repaired.damages and "sig" in inner
    detail = "sas_token holds a connection string" + (
        " with the account's key, which opens the whole account: if others may have seen this file, renew the key."
        if key
        else "; the token is only what follows SharedAccessSignature= in it."
        if usable
        else "."
    )
    findings = not_a_sas(parameters, options, detail)
    if usable and not key and findings.fix:
        findings = replace(findings, fix=replace(findings.fix, patch=replacement(TOKEN, repaired.token, secret=True)))
    yield findings
