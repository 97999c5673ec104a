from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.site.configuration import FILE_NAME, Configuration, ConfigurationInvalid, read_configuration
from lionrock.site.site import Site
from tests.programs import run

ANN, BOB = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key().public_bytes_raw().hex() for n in (1, 2))


def configured(directory: Path, text: str) -> Configuration:
    (directory / FILE_NAME).write_text(text, "utf-8")
    return read_configuration(directory)


@pytest.mark.shows("OPER-001")
def test_without_a_file_every_setting_has_its_default(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nothing"):
        assert read_configuration(directory) == Configuration()
    assert configured(tmp_path, "") == Configuration()
    assert (Configuration().known_keys, Configuration().checkpoints.outside) == ({}, None)


@pytest.mark.shows("OPER-001")
def test_every_setting_is_read(tmp_path: Path) -> None:
    read = configured(
        tmp_path,
        f'[operators]\nann = "{ANN}"\n[former_operators]\nbob = "{BOB.upper()}"\n[checkpoints]\noutside = "/mnt/kept"\n'
        '[views]\ndatabase = "postgresql://db/views"\n[metrics]\nnetworks = ["10.0.0.0/8"]\n',
    )
    assert read.signing_keys == {"ann": bytes.fromhex(ANN)}
    assert read.known_keys == {"ann": bytes.fromhex(ANN), "bob": bytes.fromhex(BOB)}
    assert (read.checkpoints.outside, read.views.database) == ("/mnt/kept", "postgresql://db/views")
    assert read.metrics.shows_to("10.1.2.3")
    assert not read.metrics.shows_to("127.0.0.1")


def test_metrics_are_shown_to_this_machine_alone_unless_told_otherwise() -> None:
    shown = Configuration().metrics.shows_to
    assert [shown(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")] == [True] * 4
    assert [shown(host) for host in ("10.0.0.1", "::2", "::ffff:10.0.0.1", "localhost", "")] == [False] * 5


@pytest.mark.shows("AUTH-008", "AUTH-013")
def test_limits_and_access_are_read(tmp_path: Path) -> None:
    read = configured(
        tmp_path,
        "[limits]\norders_per_second = 7\norders_burst = 9\nsandbox_factor = 2\n[access]\nsession_hours = 2\n"
        'trusted_proxies = ["10.0.0.0/8"]\n',
    )
    used = [
        read.limits.buckets(is_sandbox=is_sandbox).of_key("key", 1, 0, is_order=True).limit
        for is_sandbox in (False, True)
    ]
    assert used == [9, 18]
    assert read.access.session_rules.absolute_ns == 2 * 3_600 * 10**9
    assert [str(network) for network in read.access.proxies] == ["10.0.0.0/8"]


WRONG = {
    "no rate": ("[limits]\nkey_per_second = 0\n", ["limits.key_per_second: a whole number from 1 to 1,000,000"]),
    "endless": ("[access]\nsession_hours = 9999999\n", ["access.session_hours: a whole number from 1 to 1,000,000"]),
    "no proxy": (
        '[access]\ntrusted_proxies = ["me"]\n',
        ["access.trusted_proxies: 'me' does not appear to be an IPv4 or IPv6 network"],
    ),
    "two unknown": (
        "[oprators]\n[checkpoints]\noutsde = 1\n",
        ["there is no setting oprators", "there is no setting checkpoints.outsde"],
    ),
    "not TOML": ("operators = ", ["it is not TOML: Invalid value (at end of document)"]),
    "another type": ("[checkpoints]\noutside = 3\n", ["Expected `str | null`, got `int` - at `$.checkpoints.outside`"]),
    "section as value": ("views = 3\n", ["Expected `object`, got `int` - at `$.views`"]),
    "short key": (
        '[operators]\nann = "abcd"\n',
        ["operators.ann: an Ed25519 public key is written as 64 hex digits"],
    ),
    "strange name": (
        f'[operators]\n"ann b" = "{ANN}"\n',
        ["operators.ann b: a name has letters, digits and . _ @ -, at most 64"],
    ),
    "one key, two names": (
        f'[operators]\nann = "{ANN}"\nanna = "{ANN.upper()}"\n',
        ["operators.anna: this is the key of operators.ann, too"],
    ),
    "a former operator's name": (
        f'[operators]\nann = "{ANN}"\n[former_operators]\nann = "{BOB}"\n',
        ["former_operators.ann: an operator of this name is there; nobody else takes a former operator's name"],
    ),
    "relative": (
        '[checkpoints]\noutside = "kept"\n',
        ["checkpoints.outside: 'kept' is not an absolute path"],
    ),
    "no network": (
        '[metrics]\nnetworks = ["here"]\n',
        ["metrics.networks: 'here' does not appear to be an IPv4 or IPv6 network"],
    ),
}


@pytest.mark.shows("OPER-001")
@pytest.mark.parametrize(("text", "complaints"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_and_each_setting_named(tmp_path: Path, text: str, complaints: list[str]) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        configured(tmp_path, text)
    assert refused.value.complaints == complaints
    assert str(refused.value).startswith(f"{tmp_path / FILE_NAME}: ")


@pytest.mark.shows("OPER-001")
def test_a_site_does_not_start_with_a_wrong_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff")
    refused = run("serve", "--data", str(tmp_path), "--port", "0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: {tmp_path / FILE_NAME}: it is not UTF-8 text: invalid start byte\n"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


async def test_an_open_site_knows_its_settings(tmp_path: Path) -> None:
    read = configured(tmp_path, f'[operators]\nann = "{ANN}"\n')
    site = await Site.open(tmp_path, time.time_ns, os.urandom)
    assert site.configuration == read
    await site.close()
