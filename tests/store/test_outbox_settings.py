"""Section [outbox] of lionrock.toml: what it comes to, and what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.site.configuration import ConfigurationInvalid, read_configuration
from lionrock.store.outbox.messages import Channel
from lionrock.store.outbox.outbox import NS_PER_S

GOOD = 'smtp_host = "mail.venue.example"\nmail_from = "notices@venue.example"\n'


def written(directory: Path, text: str) -> Path:
    (directory / "lionrock.toml").write_text(f"[outbox]\n{text}", "utf-8")
    return directory


@pytest.mark.shows("OUTB-006")
def test_without_settings_there_are_webhooks_and_no_mail(tmp_path: Path) -> None:
    settings = read_configuration(tmp_path).outbox
    assert set(settings.carriers()) == {Channel.WEBHOOK}
    assert settings.patience.give_up_ns == 72 * 3_600 * NS_PER_S


def test_a_mail_server_with_a_password(tmp_path: Path) -> None:
    secret = tmp_path / "mail.password"
    secret.write_text("mail secret\n")
    secret.chmod(0o600)
    settings = read_configuration(
        written(tmp_path, f'{GOOD}smtp_user = "site"\nsmtp_password_file = "{secret}"\ngive_up_hours = 1\n')
    ).outbox
    assert set(settings.carriers()) == {Channel.WEBHOOK, Channel.EMAIL}
    assert settings.patience.give_up_ns == 3_600 * NS_PER_S


@pytest.mark.shows("OPER-001")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('smtp_host = "mail.venue.example"', "outbox.mail_from"),
        (f'{GOOD}smtp_security = "maybe"', "outbox.smtp_security"),
        (f'{GOOD}smtp_user = "site"', "outbox.smtp_password_file: who signs in"),
        (f'{GOOD}smtp_password_file = "secret"', "not an absolute path"),
        (f'{GOOD}smtp_password_file = "/nowhere/secret"', "cannot be read"),
        ('webhook_networks = ["10.0.0.1/8"]', "outbox.webhook_networks"),
        ("give_up_hours = 0", "outbox.give_up_hours"),
        ("colour = 1", "no setting outbox.colour"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=told):
        read_configuration(written(tmp_path, text))


def test_a_password_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "mail.password"
    secret.write_text("x")
    secret.chmod(0o644)
    with pytest.raises(ConfigurationInvalid, match="chmod 600"):
        read_configuration(written(tmp_path, f'{GOOD}smtp_password_file = "{secret}"'))
