"""The settings of a site: the file lionrock.toml in its data directory. Without the file every setting has its default.

A name that no setting has is refused: a setting that is misspelt must not count as one that was made.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lionrock.gateways.limits import NS_PER_S, Limits, Penalty, Rate
from lionrock.gateways.websocket.limits import StreamLimits
from lionrock.people.api_keys import Network
from lionrock.people.passkeys import RelyingParty
from lionrock.people.sessions import SessionRules
from lionrock.store.outbox.settings import OutboxSettings

FILE_NAME = "lionrock.toml"
MAX_FIGURE = 1_000_000
"""Of a setting that is a whole number: a rate above it is no limit, a time above it no end."""
_KEY_BYTES = 32
_OPERATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class ConfigurationInvalid(Exception):
    """The file does not say what a site may be told; every complaint names its setting."""

    def __init__(self, path: Path, complaints: list[str]) -> None:
        super().__init__(f"{path}: {'; '.join(complaints)}")
        self.complaints = complaints


class Checkpoints(msgspec.Struct, frozen=True):
    """Section `[checkpoints]`."""

    outside: str | None = None
    """Directory, best on another machine's disk, where signed checkpoints are kept as well."""

    @property
    def directory(self) -> Path | None:
        return Path(self.outside) if self.outside else None


class TlsFiles(msgspec.Struct, frozen=True):
    """Section `[tls]`."""

    certificate: str | None = None
    """Absolute path of a PEM file with the site's certificate and those above it; without one the site speaks plain
    HTTP, which is for a reverse proxy on the same machine or a private network."""
    key: str | None = None
    """Absolute path of a PEM file with the certificate's private key, readable by its owner alone."""


class Views(msgspec.Struct, frozen=True):
    """Section `[views]`."""

    database: str | None = None
    """URL of the SQL database of the read models; by default a SQLite file in the data directory."""


class Metrics(msgspec.Struct, frozen=True):
    """Section `[metrics]`."""

    networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks whose clients may read `GET /metrics`; by default this machine alone."""

    def shows_to(self, host: str) -> bool:
        """Whether a client at this address may read them."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in ipaddress.ip_network(network) for network in self.networks)


class LimitSettings(msgspec.Struct, frozen=True):
    """Section `[limits]`. Weight is what an endpoint costs; so much a second, and a burst saved up."""

    address_per_second: int = 200
    """Weight of all requests from one address (of IPv6 a /64 network), whoever signed them."""
    address_burst: int = 2_000
    """The most that an address may save up."""
    key_per_second: int = 100
    """Weight of an API key's, or a session's, requests other than orders and cancels."""
    key_burst: int = 1_000
    """The most that a key may save up."""
    orders_per_second: int = 50
    """Weight of an API key's orders and cancels."""
    orders_burst: int = 200
    """The most that a key may save up for orders."""
    refusals_before_shut_out: int = 100
    """Who was refused so often with status 429 without once letting its saving fill up is shut out, with status 418."""
    shut_out_seconds: int = 120
    """How long."""
    sandbox_factor: int = 1_000
    """On a sandbox all of the rates and bursts are so many times larger: it is for trying, also how fast it is."""

    def buckets(self, *, is_sandbox: bool) -> Limits:
        """The buckets these figures describe, all full."""
        factor = self.sandbox_factor if is_sandbox else 1

        def rate(per_second: int, burst: int) -> Rate:
            return Rate(per_second * factor, burst * factor)

        return Limits(
            address=rate(self.address_per_second, self.address_burst),
            key=rate(self.key_per_second, self.key_burst),
            orders=rate(self.orders_per_second, self.orders_burst),
            penalty=Penalty(self.refusals_before_shut_out, self.shut_out_seconds * NS_PER_S),
        )


class Access(msgspec.Struct, frozen=True):
    """Section `[access]`."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks of proxies whose `X-Forwarded-For` is believed; by default nobody's."""
    session_idle_minutes: int = 30
    """A session ends when it was not used for so long."""
    session_hours: int = 12
    """A session ends at the latest after so long."""
    staff_session_idle_minutes: int = 10
    """The same of a session of the staff."""
    staff_session_hours: int = 8
    """The same of a session of the staff."""
    passkey_domain: str = "localhost"
    """Domain that passkeys are made for; a change makes all of them useless."""
    passkey_origins: tuple[str, ...] = ()
    """Origins whose pages may use passkeys, such as `https://trade.example`; for the domain localhost, plain HTTP on
    any port will do."""

    @property
    def proxies(self) -> tuple[Network, ...]:
        return tuple(ipaddress.ip_network(network) for network in self.trusted_proxies)

    @property
    def session_rules(self) -> SessionRules:
        return SessionRules(self.session_idle_minutes * 60 * NS_PER_S, self.session_hours * 3_600 * NS_PER_S)

    @property
    def staff_session_rules(self) -> SessionRules:
        return SessionRules(
            self.staff_session_idle_minutes * 60 * NS_PER_S, self.staff_session_hours * 3_600 * NS_PER_S
        )

    @property
    def relying_party(self) -> RelyingParty:
        return RelyingParty(self.passkey_domain, self.passkey_origins)


class Configuration(msgspec.Struct, frozen=True):
    """The whole file, section by section."""

    operators: dict[str, str] = {}
    """Ed25519 public keys, 64 hex digits each, by the operator's name. Two of them sign what no one may do alone."""
    former_operators: dict[str, str] = {}
    """Keys of those who are operators no more. They sign nothing new; what they signed stays in force."""
    checkpoints: Checkpoints = Checkpoints()
    tls: TlsFiles = TlsFiles()
    views: Views = Views()
    metrics: Metrics = Metrics()
    streams: StreamLimits = StreamLimits()
    limits: LimitSettings = LimitSettings()
    access: Access = Access()
    outbox: OutboxSettings = OutboxSettings()

    @property
    def signing_keys(self) -> dict[str, bytes]:
        """Raw keys, by name, of those who may sign today."""
        return {name: bytes.fromhex(key) for name, key in self.operators.items()}

    @property
    def known_keys(self) -> dict[str, bytes]:
        """Raw keys, by name, of those whose signatures in the journal count."""
        return {name: bytes.fromhex(key) for name, key in (self.former_operators | self.operators).items()}


def read_configuration(directory: Path) -> Configuration:
    """The settings of a data directory. Raises `ConfigurationInvalid` and `OSError`."""
    path = directory / FILE_NAME
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Configuration()
    except UnicodeDecodeError as error:
        raise ConfigurationInvalid(path, [f"it is not UTF-8 text: {error.reason}"]) from error
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationInvalid(path, [f"it is not TOML: {error}"]) from error
    if unknown := list(_unknown(told)):
        raise ConfigurationInvalid(path, [f"there is no setting {name}" for name in unknown])
    try:
        configuration = msgspec.convert(told, Configuration)
    except msgspec.ValidationError as error:
        raise ConfigurationInvalid(path, [str(error)]) from error
    if complaints := list(_complaints(configuration)):
        raise ConfigurationInvalid(path, complaints)
    return configuration


def _unknown(told: dict[str, object]) -> Iterator[str]:
    """Names of settings and sections that there are not."""
    sections = {field.name: field.type for field in msgspec.structs.fields(Configuration)}
    for name, content in told.items():
        section = sections.get(name)
        if section is None:
            yield name
        elif isinstance(section, type) and issubclass(section, msgspec.Struct) and isinstance(content, dict):
            known = {field.name for field in msgspec.structs.fields(section)}
            yield from (f"{name}.{key}" for key in content if key not in known)


def _complaints(configuration: Configuration) -> Iterator[str]:
    owners: dict[str, str] = {}
    for section in ("operators", "former_operators"):
        for name, key in getattr(configuration, section).items():
            place = f"{section}.{name}"
            if not _OPERATOR.fullmatch(name):
                yield f"{place}: a name has letters, digits and . _ @ -, at most 64"
            if not _is_public_key(key):
                yield f"{place}: an Ed25519 public key is written as 64 hex digits"
            elif key.lower() in owners:
                yield f"{place}: this is the key of {owners[key.lower()]}, too"
            owners.setdefault(key.lower(), place)
    yield from (
        f"former_operators.{name}: an operator of this name is there; nobody else takes a former operator's name"
        for name in configuration.former_operators
        if name in configuration.operators
    )
    for setting, networks in (
        ("metrics.networks", configuration.metrics.networks),
        ("access.trusted_proxies", configuration.access.trusted_proxies),
    ):
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                yield f"{setting}: {error}"
    for section in ("limits", "access"):
        for name, figure in msgspec.structs.asdict(getattr(configuration, section)).items():
            if isinstance(figure, int) and not 1 <= figure <= MAX_FIGURE:
                yield f"{section}.{name}: a whole number from 1 to {MAX_FIGURE:,}"
    yield from configuration.outbox.complaints()
    tls = configuration.tls
    if (tls.certificate is None) != (tls.key is None):
        yield "tls: name a certificate and its key, or neither"
    for setting, path in (
        ("checkpoints.outside", configuration.checkpoints.outside),
        ("tls.certificate", tls.certificate),
        ("tls.key", tls.key),
    ):
        if path is not None and not Path(path).is_absolute():
            yield f"{setting}: {path!r} is not an absolute path"


def _is_public_key(key: str) -> bool:
    if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * _KEY_BYTES}}}", key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True
