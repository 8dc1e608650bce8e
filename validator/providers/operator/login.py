"""The operator's own logins, used only when somebody asks for it (``--owner``): the one place that takes ambient credentials.

Everywhere else clients are hermetic. Nothing here is called unless the user said so on the command line, and nothing here sends a
login to a host that a source file names.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Any, Final

from validator.core import home
from validator.core.deadline import CALL_LIMIT
from validator.core.errors import MissingExtra
from validator.core.model import Secret
from validator.core.values import Dataclass, field
from validator.providers.base import LoginFailed
from validator.providers.common import bounded
from validator.providers.common.azure_clouds import AZURE_SUFFIXES

Remember = Callable[[str | Secret], None]
"""Takes each secret of a login, so that no report can hold it."""


# ---- AWS, and stores that speak S3 -----------------------------------------------------------------------------------


class AwsLogin(Dataclass):
    """A boto3 session of the operator's."""

    session: Any = field(repr=False)
    access_key: str
    profile: str | None

    def client(self, service: str, *, region: str, endpoint: str | None = None, seconds: float, ca_bundle: str | None) -> Any:
        """A client that asks once. Without ``endpoint`` the operator's own configuration decides, as for the aws command."""
        from botocore.config import Config

        return self.session.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            verify=ca_bundle,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=min(5.0, seconds),
                read_timeout=seconds,
                s3={"addressing_style": "path"} if endpoint else None,
            ),
        )


def aws(profile: str | None, remember: Remember) -> AwsLogin:
    """As the aws command would log in: environment, profile, SSO, instance. Raises LoginFailed."""
    import boto3
    from botocore.exceptions import BotoCoreError

    hush()
    try:
        session = boto3.Session(profile_name=profile)
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except BotoCoreError as error:
        named = f"the AWS profile {profile}" if profile else "the AWS login"
        raise LoginFailed(f"{named} cannot be used ({type(error).__name__}): see aws configure list") from None
    if frozen is None:
        raise LoginFailed("no AWS login was found: set AWS_PROFILE, use --owner-profile NAME, or run aws configure")
    for each in (frozen.secret_key, frozen.token):
        if each:
            remember(each)
    return AwsLogin(session, frozen.access_key, profile)


def hush() -> None:
    """Mask credentials in botocore's debug log, which prints the head of each request and the body of each answer: a session's token, and
    what a role or SSO gives, before anybody knows it.
    """
    from validator.core.redaction import RedactingFilter, Redactor

    for logger in map(logging.getLogger, ("botocore.auth", "botocore.endpoint", "botocore.parsers")):
        if not any(isinstance(each, RedactingFilter) for each in logger.filters):
            logger.addFilter(RedactingFilter(Redactor(), looking=True))


# ---- Google ----------------------------------------------------------------------------------------------------------

GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"


class GoogleLogin(Dataclass):
    """Application default credentials, with a session that signs with them."""

    session: Any = field(repr=False)
    """A ``google.auth.transport.requests.AuthorizedSession``."""
    credentials: Any = field(repr=False)
    email: str
    """Empty for a user's login, which does not tell it."""


def google(
    remember: Remember, *, ca_bundle: str | None = None, seconds: Callable[[], float] = lambda: CALL_LIMIT
) -> GoogleLogin:
    """The application default credentials, refreshed once. Raises LoginFailed."""
    from functools import partial

    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession, Request

    credentials: Any  # google-auth is typed in part only
    session_of: Any = AuthorizedSession
    try:
        credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    except GoogleAuthError as error:
        raise LoginFailed(
            f"no Google login was found ({type(error).__name__}): run gcloud auth application-default login, or set "
            "GOOGLE_APPLICATION_CREDENTIALS"
        ) from None
    plain = bounded.session(seconds, ca_bundle)
    try:
        credentials.refresh(partial(Request(session=plain), timeout=10))
    except GoogleAuthError as error:
        raise LoginFailed(
            f"the Google login was not accepted ({type(error).__name__}): run gcloud auth application-default login again"
        ) from None
    remember(credentials.token)
    # The bare token: the credentials themselves would look the account's region up in a thread of their own, at a further host.
    token = _google_token(credentials.token)
    session = bounded.bind(session_of(token, max_refresh_attempts=0, auth_request=Request(session=plain)), seconds, ca_bundle)
    email = getattr(credentials, "service_account_email", "") or getattr(credentials, "account", "") or ""
    return GoogleLogin(session, token, email if "@" in email else "")


def _google_token(token: str) -> Any:
    from google.auth.credentials import Credentials
    from google.auth.exceptions import RefreshError

    class Token(Credentials):
        """An access token, for as long as it lives: an hour."""

        def refresh(self, request: Any) -> None:  # noqa: ARG002 - google-auth's signature
            raise RefreshError("the login's token is over")  # type: ignore[no-untyped-call]  # untyped upstream

    made = Token()  # type: ignore[no-untyped-call]  # untyped upstream
    made.token = token
    return made


# ---- Azure -----------------------------------------------------------------------------------------------------------


class AzureLogin(Dataclass):
    """What speaks for the operator at one storage account."""

    identity: str
    credential: Any = field(repr=False)
    """What azure-storage-blob takes: an account key by name, or a token."""
    url: str
    """The account's blob address."""


class _Token:
    """A token of the az command's, in the form that the SDK asks for."""

    def __init__(self, token: str, expires_on: int) -> None:
        self._token = token
        self._expires_on = expires_on

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """The token; it is not renewed, since a look takes seconds."""
        from azure.core.credentials import AccessToken

        del scopes, options
        return AccessToken(self._token, self._expires_on)


def azure(account: str, url: str, remember: Remember, seconds: float) -> AzureLogin:
    """The account's key from the variables that ``az storage`` reads, else a token of the ``az`` command. Raises LoginFailed.

    Args:
        account: the storage account's name; a key of another account is not used.
        url: the account's blob address, as the source or ``--endpoint`` gives it.
        remember: takes the key or token.
        seconds: that the az command may take.
    """
    name, key, endpoint = _azure_environment()
    if key and name == account:
        remember(key)
        credential = {"account_name": account, "account_key": key}
        return AzureLogin(f"the account key of {account} (AZURE_STORAGE_* in the environment)", credential, endpoint or url)
    host = url.partition("://")[2].partition("/")[0]
    if url.startswith("https://") and host in {f"{account}.blob.{suffix}" for suffix in AZURE_SUFFIXES}:
        token = az(("account", "get-access-token", "--resource", "https://storage.azure.com/"), seconds)
        if token and token.get("accessToken"):
            from time import time

            remember(token["accessToken"])
            who = az(("account", "show", "--query", "user"), seconds) or {}
            return AzureLogin(
                who.get("name", "the login of the az command"), _Token(token["accessToken"], int(time()) + 600), url
            )
    raise LoginFailed(
        f"no Azure login for {account} was found: run az login, or set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY "
        "(or AZURE_STORAGE_CONNECTION_STRING)"
    )


def _azure_environment() -> tuple[str, str, str]:
    parts = dict(each.split("=", 1) for each in os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";") if "=" in each)
    name = parts.get("AccountName") or os.environ.get("AZURE_STORAGE_ACCOUNT", "")
    key = parts.get("AccountKey") or os.environ.get("AZURE_STORAGE_KEY", "")
    return name, key, parts.get("BlobEndpoint", "").rstrip("/")


def az(words: tuple[str, ...], seconds: float) -> Mapping[str, Any] | None:
    """What the az command answers to a question, as JSON; None where there is no az, no login, or no answer in time.

    Only ever called with commands that read.
    """
    program = shutil.which("az")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the user's own az, with words of ours
            [program, *words, "--output", "json", "--only-show-errors"],
            capture_output=True, timeout=max(1.0, seconds), check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


# ---- Oracle ----------------------------------------------------------------------------------------------------------


class OracleLogin(Dataclass):
    """A profile of ~/.oci/config."""

    config: Mapping[str, Any] = field(repr=False)
    profile: str

    @property
    def user(self) -> str:
        """The OCID of the profile's user."""
        return str(self.config.get("user", ""))

    def client(self, kind: str, *, region: str, endpoint: str | None, seconds: float, ca_bundle: str | None) -> Any:
        """An ``ObjectStorageClient`` or ``IdentityClient`` that asks once."""
        import oci

        home = {"ObjectStorageClient": oci.object_storage, "IdentityClient": oci.identity}[kind]
        client = getattr(home, kind)(
            {**self.config, "region": region},
            retry_strategy=oci.retry.NoneRetryStrategy(),
            timeout=(min(5.0, seconds), seconds),
            service_endpoint=endpoint,
        )
        bounded.bind(client.base_client.session, lambda: seconds, ca_bundle)
        return client


def oracle(profile: str | None, remember: Remember) -> OracleLogin:
    """A profile as the oci command reads it. Raises LoginFailed; MissingExtra if ``oci`` is not installed."""
    try:
        import oci
    except ModuleNotFoundError as error:
        raise MissingExtra(f"Oracle's side needs the extra [oci], half a gigabyte: {home.install('oci')}") from error
    name = profile or "DEFAULT"
    path = os.environ.get("OCI_CONFIG_FILE") or oci.config.DEFAULT_LOCATION
    try:
        config = oci.config.from_file(path, name)
        oci.config.validate_config(config)
    except Exception as error:  # noqa: BLE001 - the SDK's own exceptions share no base class
        raise LoginFailed(
            f"the profile {name} of {path} cannot be used ({type(error).__name__}): run oci setup config, or use --owner-profile NAME"
        ) from None
    for each in ("pass_phrase", "key_content"):
        if config.get(each):
            remember(config[each])
    return OracleLogin(config, name)
