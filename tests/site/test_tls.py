"""A site over TLS: trades over https, streams over wss, a renewed certificate without a stop, and what is refused."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.sync.client import connect

from lionrock.gateways.rest.direct import MAX_BODY_BYTES
from lionrock.gateways.rest.endpoints import PROBES
from lionrock.site import sandbox
from lionrock.site.configuration import FILE_NAME
from lionrock.site.doctor import examine
from lionrock.site.doctor.connection import CHECKS, certificate
from lionrock.site.doctor.finding import Finding, Level
from tests.gateways.rest.live import LiveServer
from tests.house.tree import ROOT
from tests.programs import run
from tests.site.certificates import make_pair


class TlsServer(LiveServer):
    """`lionrock serve --sandbox` with a certificate that its clients trust."""

    def __init__(self, directory: Path, trusted: Path) -> None:
        self.trusted = ssl.create_default_context(cafile=trusted)
        super().__init__(directory, "--sandbox")

    def start(self) -> None:
        super().start()
        self.http.close()
        self.http = httpx.Client(base_url=self.url, timeout=30, verify=self.trusted)

    def serial_number(self) -> str:
        """Of the certificate that a new connection gets."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as plain:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as encrypted:
                return ssl.DER_cert_to_PEM_cert(encrypted.getpeercert(binary_form=True) or b"")


def configured(directory: Path, text: str) -> Path:
    directory.mkdir(mode=0o700, exist_ok=True)
    (directory / FILE_NAME).write_text(text)
    return directory


def with_pair(directory: Path, pair: tuple[Path, Path], more: str = "") -> Path:
    return configured(directory, f'[tls]\ncertificate = "{pair[0]}"\nkey = "{pair[1]}"\n{more}')


@pytest.mark.shows("OPER-017")
def test_a_trade_over_https_and_a_stream_over_wss(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "tls")
    server = TlsServer(with_pair(tmp_path / "site", pair), pair[0])
    try:
        assert server.url.startswith("https://127.0.0.1:")
        maker, taker = server.account(BTC="1"), server.account(USDT="100000")
        maker.limit("SELL", "0.5", "50000")
        with connect(f"wss{server.url.removeprefix('https')}/quote/ws/v2", ssl=server.trusted) as stream:
            stream.send(json.dumps({"topic": "trade", "event": "sub", "params": {"symbol": "BTCUSDT"}}))
            assert taker.limit("BUY", "0.5", "50000")["status"] == "FILLED"
            heard = ""
            while '"0.5"' not in heard:
                message = stream.recv(timeout=30)
                heard = message if isinstance(message, str) else message.decode()
        assert taker.balances() == {"BTC": ("0.4994", "0"), "USDT": ("75000", "0")}  # the fee is a part of what came in
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http{server.url.removeprefix('https')}/api/v1/ping")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/api/v1/ping")  # by somebody who does not trust the authority
        session = server.http.post("/lionrock/v1/users", json={"signInName": "a@example.com", "password": "x" * 20})
        assert session.status_code == 200
        told = {"signInName": "a@example.com", "password": "x" * 20}
        signed_in = server.http.post("/lionrock/v1/sessions", json=told, headers={"Host": "trade.example"})
        assert "Secure" in signed_in.headers["set-cookie"]
    finally:
        assert server.stop() == 0


@pytest.mark.shows("OPER-017")
def test_nothing_older_than_tls_1_2_is_spoken(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "tls")
    server = TlsServer(with_pair(tmp_path / "site", pair), pair[0])
    address = urlsplit(server.url)
    try:
        old = ssl.create_default_context(cafile=pair[0])
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with (
            socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as plain,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(plain, server_hostname="127.0.0.1")
    finally:
        assert server.stop() == 0


@pytest.mark.shows("OPER-017")
def test_a_renewed_certificate_is_taken_without_a_stop_and_a_broken_one_is_not(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "tls", days=10)
    server = TlsServer(with_pair(tmp_path / "site", pair), pair[0])
    try:
        (remark,) = server.get("/ready").json()["remarks"]
        assert (remark["code"], "in 10 days" in remark["words"]) == ("certificate_ends", True)
        first = server.serial_number()
        make_pair(tmp_path / "tls", days=80)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while server.serial_number() == first and time.monotonic() < deadline:
            time.sleep(0.05)
        renewed = server.serial_number()
        assert renewed != first
        assert server.get("/ready").json()["remarks"] == [], "the connection from before still works"
        pair[1].write_text("no key")
        server.process.send_signal(signal.SIGHUP)
        assert server.get("/health").json()["alive"]
        assert server.serial_number() == renewed
    finally:
        assert server.stop() == 0
    assert "stays in use" in server.errors


@pytest.mark.shows("OPER-017")
@pytest.mark.parametrize("wrong", ["another's key", "no file", "half a pair"])
def test_a_certificate_that_nobody_could_be_served_with_refuses_the_start(tmp_path: Path, wrong: str) -> None:
    certificate_file, key = make_pair(tmp_path / "tls")
    if wrong == "another's key":
        key = make_pair(tmp_path / "tls", name="other")[1]
    elif wrong == "no file":
        certificate_file.unlink()
    directory = with_pair(tmp_path / "site", (certificate_file, key))
    if wrong == "half a pair":
        configured(directory, f'[tls]\ncertificate = "{certificate_file}"\n')
    ended = run("serve", "--data", f"{directory}", "--port", "0", "--no-views")
    words = {
        "another's key": "is not the key of the certificate",
        "no file": "holds no certificate that can be read",
        "half a pair": "name a certificate and its key, or neither",
    }[wrong]
    assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (1, True, False), ended.stderr


def looked_at(directory: Path) -> dict[str, Finding]:
    return {found.code: found for found in (check(directory) for check in CHECKS)}


@pytest.mark.shows("OPER-018")
@pytest.mark.parametrize(
    ("days", "mode", "level", "words"),
    [
        (90, 0o600, Level.OK, "ends in 90 days"),
        (20, 0o600, Level.WARNING, "ends in 20 days"),
        (-3, 0o600, Level.ERROR, "ended 3 days ago"),
        (90, 0o640, Level.ERROR, "others may read"),
    ],
)
def test_the_doctor_looks_at_a_certificate_and_its_key(
    tmp_path: Path, days: int, mode: int, level: Level, words: str
) -> None:
    pair = make_pair(tmp_path / "tls", days=days)
    pair[1].chmod(mode)
    own = looked_at(with_pair(tmp_path, pair))["tls"]
    assert (own.level, words in own.words) == (level, True), own
    assert bool(own.remedy) == (level is not Level.OK)
    of_proxy = examine(None, port=None, full=False, progress=lambda *_: None, proxy=pair)
    assert [found.level for found in of_proxy if found.code == "proxy-certificate"] == [level]


@pytest.mark.shows("OPER-018")
def test_the_doctor_finds_a_key_of_another_certificate_and_one_for_another_host(tmp_path: Path) -> None:
    ours, _ = make_pair(tmp_path / "tls")
    _, others = make_pair(tmp_path / "tls", name="other")
    mixed = certificate(ours, others, "tls")
    assert (mixed.level, "is not the key" in mixed.words) == (Level.ERROR, True)
    pair = make_pair(tmp_path / "tls")
    for domain, level in (("trade.example", Level.OK), ("elsewhere.example", Level.WARNING)):
        found = looked_at(with_pair(tmp_path, pair, f'[access]\npasskey_domain = "{domain}"\n'))["tls"]
        assert found.level is level, found


@pytest.mark.shows("OPER-018")
@pytest.mark.parametrize(
    ("access", "tls", "proxies"),
    [
        ("", Level.OK, Level.OK),
        ('passkey_origins = ["https://trade.example"]', Level.WARNING, Level.OK),
        ('passkey_origins = ["https://trade.example"]\ntrusted_proxies = ["127.0.0.1/32"]', Level.OK, Level.OK),
        ('trusted_proxies = ["0.0.0.0/0"]', Level.OK, Level.ERROR),
        ('trusted_proxies = ["10.0.0.0/8", "::/0"]', Level.OK, Level.ERROR),
    ],
)
def test_the_doctor_looks_at_who_is_trusted_with_addresses(
    tmp_path: Path, access: str, tls: Level, proxies: Level
) -> None:
    found = looked_at(configured(tmp_path, f"[access]\n{access}\n"))
    assert (found["tls"].level, found["trusted-proxies"].level) == (tls, proxies), found


def test_the_command_takes_both_files_of_a_proxy_or_neither(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    both = run("doctor", "--proxy-certificate", f"{pair[0]}", "--proxy-key", f"{pair[1]}")
    assert "proxy-certificate" in both.stdout
    one = run("doctor", "--proxy-certificate", f"{pair[0]}")
    assert (one.returncode, "together" in one.stderr) == (1, True)


def directives(name: str) -> list[str]:
    """What the shipped configuration of a reverse proxy says, without comments."""
    text = (ROOT / "setup" / "nginx.conf").read_text("utf-8")
    plain = "\n".join(line.partition("#")[0] for line in text.splitlines())
    return re.findall(rf"\b{re.escape(name)}\s+([^;]*);", plain)


@pytest.mark.shows("OPER-018")
def test_the_proxy_that_we_ship_tells_one_address_and_keeps_monitors_inside(tmp_path: Path) -> None:
    assert "X-Forwarded-For $remote_addr" in [" ".join(each.split()) for each in directives("proxy_set_header")]
    assert not any("$proxy_add_x_forwarded_for" in each for each in directives("proxy_set_header"))
    assert directives("ssl_protocols") == ["TLSv1.2 TLSv1.3"]
    assert directives("client_max_body_size") == [f"{MAX_BODY_BYTES // 1024}k"]
    assert directives("proxy_next_upstream") == ["off"]
    closed = re.findall(r"location =? ?(\S+)\s+\{ return 404; \}", (ROOT / "setup" / "nginx.conf").read_text("utf-8"))
    paths = {each.path for each in (*PROBES, *sandbox.ENDPOINTS)} - {"/lionrock/v1/users"}  # of a sandbox as well
    assert {path for path in paths if path.startswith(tuple(closed))} == paths - {"/health"}
    networks = re.findall(r"trusted_proxies = (\[.*?\])", (ROOT / "setup" / "nginx.conf").read_text("utf-8"))
    found = looked_at(configured(tmp_path, f"[access]\ntrusted_proxies = {networks[0]}\n"))
    assert found["trusted-proxies"].level is Level.OK
