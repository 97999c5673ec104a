"""What a client is told of its own file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lionrock.compliance.gates import client_clock
from lionrock.compliance.onboarding.states import STATES, State
from lionrock.site.client_notices import WORDS, ClientNotices
from lionrock.store.database import open_database
from lionrock.store.outbox.messages import Channel
from tests.people.test_notices import NOW, House

YEAR_END_NS = 1_830_211_200_000_000_000  # 2027-12-31 00:00 UTC


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = open_database(tmp_path)
    yield House(database)
    database.dispose()


def notices_of(house: House, user_id: str) -> ClientNotices:
    return ClientNotices(house.database, house.notices, lambda _: user_id, "USD")


@pytest.mark.shows("OUTB-025")
def test_a_limit_is_told_once_in_words_with_its_figures(house: House) -> None:
    notices = notices_of(house, house.user(7, "ann@example.com").user_id)
    figures = {"limit_minor": 1_234_550, "until_ns": YEAR_END_NS}
    for _ in range(2):
        notices.send("exposure_limit:3", "client", "exposure_limit_notice", figures, NOW)
    (mail,) = [each for each in house.sent() if each.address.channel is Channel.EMAIL]
    assert mail.content.subject == "Your exposure limit"
    assert "Limit: 12345.50 USD" in mail.content.text
    assert "Until: 2027-12-31 00:00:00 UTC" in mail.content.text


@pytest.mark.shows("OUTB-025")
@pytest.mark.parametrize("state", STATES)
def test_a_step_is_told_by_its_state_and_never_by_its_reason(house: House, state: State) -> None:
    notices = notices_of(house, house.user(7, "ann@example.com").user_id)
    notices.send("onboarding:1:1", "client", "client_state", {"state": state, "reason": "suspicion_reported"}, NOW)
    (mail,) = house.sent()
    assert STATES[state].words in mail.content.text
    assert "suspicion" not in mail.content.text + str(mail.content.facts)


def test_every_notice_that_falls_due_has_words() -> None:
    source = Path(client_clock.__file__).read_text()
    told = set(re.findall(r"notify\(\s*f\"[^\"]+\",\s*\"([a-z_]+)\"", source))
    told |= set(re.findall(r" name = \"([a-z_]+)\"", source))
    told |= set(client_clock._RAISES.values())
    told |= {f"{each}_{end}" for each in client_clock._ENDING.values() for end in ("ends", "ended")}
    assert told == set(WORDS)


def test_a_client_without_a_user_is_told_nothing_and_a_kind_without_words_is_a_fault(house: House) -> None:
    notices = notices_of(house, "")
    notices.send("dormant:1", "client", "dormant", {"last_used_ns": NOW}, NOW)
    assert house.sent() == []
    with pytest.raises(KeyError):
        notices.send("x:1", "client", "gossip", {}, NOW)
