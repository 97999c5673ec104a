"""What the operator sets about the outbox."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lionrock.store.outbox.email import EmailCarrier, MailServer, is_mail_address
from lionrock.store.outbox.messages import Carrier, Channel
from lionrock.store.outbox.outbox import NS_PER_S, Patience
from lionrock.store.outbox.webhook import WebhookCarrier

_SECURITIES = ("starttls", "tls", "none")
_MOST = 1_000_000


class OutboxSettings(msgspec.Struct, frozen=True):
    """Section `[outbox]`: how notices leave the site."""

    smtp_host: str = ""
    """Mail server that takes the site's mail; without one no mail is sent, and what should be sent waits."""
    smtp_port: int = 587
    """Its port."""
    smtp_security: str = "starttls"
    """`starttls`, `tls` from the first byte, or `none`, which is for a server on this very machine."""
    smtp_user: str = ""
    """Whom the site signs in as there; nobody unless set."""
    smtp_password_file: str = ""
    """Absolute path of a file with the password, readable by its owner alone."""
    mail_from: str = ""
    """Address that mail comes from; its domain ends every `Message-ID`."""
    smtp_timeout_seconds: int = 20
    """How long one step of handing in may take."""
    webhook_timeout_seconds: int = 10
    """How long a webhook may take to answer."""
    webhook_networks: tuple[str, ...] = ()
    """Private networks whose hosts may be webhooks, for trials; by default only public addresses, and only HTTPS."""
    first_wait_seconds: int = 10
    """After a first attempt that failed; each later wait is three times the one before."""
    longest_wait_seconds: int = 21_600
    """No wait is longer."""
    give_up_hours: int = 72
    """A delivery that has not succeeded so long after its message was made is given up, and shown as dead."""

    @property
    def patience(self) -> Patience:
        return Patience(
            self.first_wait_seconds * NS_PER_S,
            longest_wait_ns=self.longest_wait_seconds * NS_PER_S,
            give_up_ns=self.give_up_hours * 3_600 * NS_PER_S,
        )

    def carriers(self) -> dict[Channel, Carrier]:
        """What carries by each channel. Raises `OSError` when the password cannot be read."""
        networks = [ipaddress.ip_network(each) for each in self.webhook_networks]
        carriers: dict[Channel, Carrier] = {
            Channel.WEBHOOK: WebhookCarrier(timeout_seconds=self.webhook_timeout_seconds, allowed=networks)
        }
        if self.smtp_host:
            password = Path(self.smtp_password_file).read_text("utf-8").strip() if self.smtp_password_file else ""
            server = MailServer(
                self.smtp_host,
                self.smtp_port,
                self.smtp_security,
                self.mail_from,
                self.smtp_user,
                password,
                self.smtp_timeout_seconds,
            )
            carriers[Channel.EMAIL] = EmailCarrier(server)
        return carriers

    def complaints(self) -> Iterator[str]:
        """What cannot be meant."""
        if self.smtp_security not in _SECURITIES:
            yield f"outbox.smtp_security: one of {', '.join(_SECURITIES)}"
        if self.smtp_host and not is_mail_address(self.mail_from):
            yield "outbox.mail_from: a mail address is needed where there is a mail server"
        if self.smtp_user and not self.smtp_password_file:
            yield "outbox.smtp_password_file: who signs in needs a password"
        if self.smtp_password_file and not Path(self.smtp_password_file).is_absolute():
            yield f"outbox.smtp_password_file: {self.smtp_password_file!r} is not an absolute path"
        elif self.smtp_password_file:
            yield from _unreadable(self.smtp_password_file)
        for network in self.webhook_networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                yield f"outbox.webhook_networks: {error}"
        for name, figure in msgspec.structs.asdict(self).items():
            if isinstance(figure, int) and not 1 <= figure <= _MOST:
                yield f"outbox.{name}: a whole number from 1 to {_MOST:,}"


def _unreadable(path: str) -> Iterator[str]:
    try:
        if Path(path).stat().st_mode & 0o077:
            yield f"outbox.smtp_password_file: {path!r} may be read by others: run chmod 600 on it"
        Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield f"outbox.smtp_password_file: {path!r} cannot be read: {type(error).__name__}"
