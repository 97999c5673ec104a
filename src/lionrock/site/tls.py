"""What a site is served over TLS with: a certificate chain and its key, both PEM files, read again when asked."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from lionrock.gateways.rest.contract import Reason

RENEW_WITHIN_DAYS = 21
"""A certificate that ends sooner is told of: whoever renews it a month before has failed twice by then."""
_DAY_SECONDS = 86_400
_log = logging.getLogger(__name__)


class CertificateUnusable(Exception):
    """Nobody could be served with these files."""


class Pair(msgspec.Struct, frozen=True):
    """A certificate with the key it is for."""

    names: tuple[str, ...]
    """DNS names and addresses that it is for."""
    begins_s: int
    """Unix time, as are the next one."""
    ends_s: int

    def days_left(self, now_s: int) -> int:
        """Whole days; below 0 when its time is over."""
        return (self.ends_s - now_s) // _DAY_SECONDS

    def is_for(self, host: str) -> bool:
        """Whether a browser that asks for this host takes it (RFC 6125: a star stands for one label)."""
        _, _, above = host.partition(".")
        return host in self.names or f"*.{above}" in self.names


def read_pair(certificate: Path, key: Path) -> Pair:
    """The first certificate of a chain, when the key is its own. Raises `CertificateUnusable`."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise CertificateUnusable(f"{certificate} holds no certificate that can be read: {_why(error)}") from error
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateUnusable(f"{key} holds no private key that can be read: {_why(error)}") from error
    as_spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*as_spki) != leaf.public_key().public_bytes(*as_spki):
        raise CertificateUnusable(f"{key} is not the key of the certificate in {certificate}")
    return Pair(_names(leaf), _seconds(leaf.not_valid_before_utc), _seconds(leaf.not_valid_after_utc))


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        told = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = told.get_values_for_type(x509.IPAddress)
    return (*told.get_values_for_type(x509.DNSName), *(f"{address}" for address in addresses))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _why(error: Exception) -> str:
    """In few words; of a key never what stands in it."""
    return error.strerror or "it is not there" if isinstance(error, OSError) else type(error).__name__


class Tls:
    """What new connections are met with. Nothing older than TLS 1.2."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises `CertificateUnusable`."""
        self._files = certificate, key
        self.pair = read_pair(certificate, key)
        self.context = self._loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2

    def _loaded(self, context: ssl.SSLContext) -> ssl.SSLContext:
        try:
            context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError) as error:
            raise CertificateUnusable(f"{self._files[0]} cannot be served with: {error}") from error
        return context

    def read_again(self) -> bool:
        """After the files were renewed: new connections get the new certificate, and no connection ends.

        False for files that cannot be used, which is logged: what was read before stays in use.
        """
        try:
            pair = read_pair(*self._files)
            self._loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # files that fail halfway leave the other as it is
            self._loaded(self.context)
        except CertificateUnusable as unusable:
            _log.error("The certificate was not read again, the one before stays in use: %s", unusable)
            return False
        self.pair = pair
        _log.info("The certificate was read again; it ends at %s", datetime.fromtimestamp(pair.ends_s, UTC).isoformat())
        return True

    def remark(self, now_s: int) -> Reason | None:
        """What readiness tells when it has to be renewed."""
        left = self.pair.days_left(now_s)
        if left >= RENEW_WITHIN_DAYS:
            return None
        return Reason("certificate_ends", f"the certificate ends in {left} days: renew it, then send SIGHUP")


def open_tls(certificate: str | None, key: str | None) -> Tls | None:
    """What the settings name; None without. Raises `CertificateUnusable`."""
    return Tls(Path(certificate), Path(key)) if certificate and key else None
