"""Receivers that are real: a mail server and a web server of this process, which refuse, drop and dawdle as told."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Mailbox:
    """Takes mail, or does with it what `mood` says."""

    def __init__(self) -> None:
        self.mood = "take"
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.was_encrypted: list[bool] = []

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802
        _, _, envelope, address, _ = given
        if self.mood == "unknown":
            return "550 5.1.1 no such mailbox"
        if self.mood == "greylist":
            return "451 4.7.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.mood == "drop":
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 OK"
        if self.mood == "dawdle":
            await asyncio.sleep(3)
        self.mails.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        self.was_encrypted.append(session.ssl is not None)
        if self.mood == "take and drop":  # it has the mail, and nobody hears that it has
            server.transport.abort()
        return "250 OK"


def _sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"site", b"mail secret")
    return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_server(mailbox: Mailbox, certificate: Certificate | None = None, **more: Any) -> Iterator[int]:
    """Its port. With a certificate it has STARTTLS and wants a password."""
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        more |= {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": _sign_in}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class Certificate:
    """Of localhost, signed by itself."""

    def __init__(self, directory: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate, self.key = directory / "certificate.pem", directory / "key.pem"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.key.write_bytes(private)

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


class Hook:
    """A web server that remembers what was posted to it."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.statuses: list[int] = []
        """Answered one after the other; then 200."""
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.wait_s = 0
        self.gate = threading.Event()
        """Nothing is answered while it is not set."""
        self.gate.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(hook.wait_s)
                hook.gate.wait(20)
                status = hook.statuses.pop(0) if hook.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("location", f"http://127.0.0.1:{hook.port}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_told: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
