"""E-mail by SMTP (RFC 5321), submitted with STARTTLS (RFC 3207) or TLS from the start (RFC 8314)."""

from __future__ import annotations

import asyncio
import re
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from lionrock.store.outbox.messages import Outcome, Parcel, Result
from lionrock.store.outbox.outbox import NS_PER_S

THREADS = 4
"""Of its own: a mail server that dawdles must not take those that sign people in."""
_ADDRESS = re.compile(r"[^\s@<>\",;:\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class MailServer(msgspec.Struct, frozen=True):
    """Where mail is handed in."""

    host: str
    port: int
    security: str
    """`starttls`, `tls` or `none`."""
    sender: str
    """Address that mail comes from."""
    user: str = ""
    password: str = ""
    timeout_seconds: int = 20

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port})"


def is_mail_address(text: str) -> bool:
    """Whether this is an address that mail may be sent to: one mailbox, nothing around it."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def as_mail(parcel: Parcel, sender: str) -> EmailMessage:
    """The same message for every attempt, so that a receiver can tell a repeated one."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, parcel.address.target
    mail["Subject"] = parcel.content.subject
    mail["Message-ID"] = f"<{parcel.message_id}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(datetime.fromtimestamp(parcel.created_ns // NS_PER_S, UTC))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine is to answer
    text = parcel.content.text
    mail.set_content(text, cte="7bit" if text.isascii() else "base64")  # every server takes both
    mail["Content-Language"] = parcel.content.language
    return mail


class EmailCarrier:
    """Hands mail in, one connection for each."""

    def __init__(self, server: MailServer, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._context = context or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mail")

    async def send(self, parcel: Parcel, now_ns: int) -> Result:
        del now_ns
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, parcel)

    def _send(self, parcel: Parcel) -> Result:
        if not is_mail_address(parcel.address.target):
            return Result(Outcome.REFUSED)
        try:
            return self._hand_in(parcel)
        except smtplib.SMTPNotSupportedError:
            return Result(Outcome.NOT_SET_UP)  # no STARTTLS or no way to sign in: never sent in the clear instead
        except smtplib.SMTPAuthenticationError as error:
            return Result(Outcome.NOT_SET_UP, error.smtp_code)
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()))
            return _refused(code)
        except smtplib.SMTPServerDisconnected as error:
            # smtplib tells a wait that was too long as a lost connection, with the real cause behind it
            is_late = isinstance(error.__context__, TimeoutError)
            return Result(Outcome.TIMED_OUT if is_late else Outcome.UNREACHABLE)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code)
        except TimeoutError:
            return Result(Outcome.TIMED_OUT)
        except ssl.SSLError:
            return Result(Outcome.NOT_SET_UP)
        except (OSError, smtplib.SMTPException):
            return Result(Outcome.UNREACHABLE)

    def _hand_in(self, parcel: Parcel) -> Result:
        server = self._server
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout_seconds, context=self._context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        try:
            if server.security == "starttls":
                smtp.starttls(context=self._context)
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(as_mail(parcel, server.sender))
            with suppress(OSError, smtplib.SMTPException):  # it was taken; how we part does not change that
                smtp.quit()
        finally:
            smtp.close()
        return Result(Outcome.DELIVERED, 250)


def _refused(code: int) -> Result:
    return Result(Outcome.REFUSED if 500 <= code < 600 else Outcome.TRY_LATER, code)
