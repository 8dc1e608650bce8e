"""A made-up certificate authority for one run: the emulators speak TLS with it, and nobody else ever trusts it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Self

from validator.core.errors import MissingExtra

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder

LIFETIME = timedelta(days=2)
"""A demo takes minutes; the files are gone when it ends."""


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: Certificate
    key: EllipticCurvePrivateKey


class Authority:
    """``with Authority() as authority``: ``authority.bundle`` is what a client must trust, ``authority.server()`` what a server needs.

    Its files lie in a temporary folder that only this user can read, and that is removed at the end.

    Raises:
        MissingExtra: on entering, if ``cryptography`` is not installed.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._issuer: _Issuer | None = None
        self._issued = 0

    def __enter__(self) -> Self:
        try:
            self._issuer = _self_signed()
        except ModuleNotFoundError as error:
            raise MissingExtra(f"the emulators make their certificates with {error.name}, which is not installed") from error
        self._folder = Path(mkdtemp(prefix="planet-validator-ca-"))
        Path(self.bundle).write_bytes(_pem(self._issuer.certificate))
        return self

    def __exit__(self, *exc: object) -> None:
        if self._folder is not None:
            rmtree(self._folder, ignore_errors=True)
        self._folder = self._issuer = None

    @property
    def bundle(self) -> str:
        """Path of the authority's certificate, for ``--ca-bundle``."""
        return str(self._inside() / "ca.pem")

    def server(self, *names: str) -> ssl.SSLContext:
        """A context for a server of these host names and addresses; by default 127.0.0.1 and localhost."""
        assert self._issuer is not None, "used outside of its with block"  # noqa: S101 - a mistake of the programmer
        certificate, key = _issued_by(self._issuer, names or ("127.0.0.1", "localhost"))
        self._issued += 1
        path = self._inside() / f"server-{self._issued}.pem"
        path.write_bytes(_key_pem(key) + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _inside(self) -> Path:
        assert self._folder is not None, "used outside of its with block"  # noqa: S101 - a mistake of the programmer
        return self._folder


def _self_signed() -> _Issuer:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("planet-validator emulators (made up)")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
    )
    return _Issuer(builder.sign(key, hashes.SHA256()), key)


def _issued_by(issuer: _Issuer, names: tuple[str, ...]) -> tuple[Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = []
    for each in names:
        try:
            alternatives.append(x509.IPAddress(ip_address(each)))
        except ValueError:
            alternatives.append(x509.DNSName(each))
    known = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(names[0]), issuer.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return builder.sign(issuer.key, hashes.SHA256()), key


def _builder(subject: Any, issuer: Any, key: EllipticCurvePrivateKey) -> CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )


def _name(text: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
