"""What is wrong with the parameters of an Azure destination, seen without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from validator.core import catalog
from validator.core.model import Finding, PatchOperation
from validator.providers.azure import lint_form, lint_grant, names
from validator.providers.azure.case import TOKEN, Case
from validator.providers.azure.sas import LONGEST, Damage, RepairedToken, is_account_key, parse, repair
from validator.providers.azure.sas_findings import error
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
            lambda: _token(Case(None, Partial(shown), options), value, repaired) if secret is not None else (),
        ),
    )


def _token(case: Case, value: str, repaired: RepairedToken) -> Iterator[Finding]:
    not_a_sas = partial(error, "sas-not-a-sas", fix=case.new_token)
    if len(value) > LONGEST:
        yield error("sas-malformed", f"sas_token has {len(value):,} characters; a token has a few hundred.")
    elif is_account_key(value):
        yield not_a_sas(
            "sas_token holds an account key. It opens the whole account: if others may have seen this file, renew the key."
        )
    elif re.search(
        r"(?i)\b(?:DefaultEndpointsProtocol|AccountKey|AccountName|SharedAccessSignature|EndpointSuffix|BlobEndpoint)=", value
    ):
        yield _connection_string(case, value, repaired)
    elif repaired.token[:1] in "{[" or "=" not in repaired.token:
        what = "JSON" if repaired.token[:1] in "{[" else "a value without a single field"
        yield not_a_sas(f"sas_token holds {what}; a SAS looks like sv=...&sr=c&sp=rwdl&se=...&sig=...")
    else:
        sas = parse(repaired.token)
        fix = case.renewed(sas)
        yield from lint_form.damage(repaired, sas)
        yield from lint_form.placeholders(repaired, sas)
        yield from lint_grant.other_service(sas)
        yield from lint_form.structure(sas)
        yield from lint_grant.binding(sas)
        yield from lint_grant.times(case, sas, fix)
        yield from lint_grant.scope(sas, fix)
        yield from lint_grant.letters(sas, fix)


def _connection_string(case: Case, value: str, repaired: RepairedToken) -> Finding:
    patch: Sequence[PatchOperation] = ()
    detail = "sas_token holds a connection string"
    if re.search(r"(?i)AccountKey=", value):
        detail += " with the account's key, which opens the whole account: if others may have seen this file, renew the key."
    elif Damage.CONNECTION_STRING in repaired.damages and "sig" in parse(repaired.token):
        detail += "; the token is only what follows SharedAccessSignature= in it."
        patch = catalog.replacement(TOKEN, repaired.token, secret=True)
    else:
        detail += "."
    return error("sas-not-a-sas", detail, fix=case.new_token, patch=patch)
