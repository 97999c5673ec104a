"""Who is told of what, by which way, and what a user may do without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, text

from lionrock.people.notices import AddressRefused, CodeWrong, Notices, Occasion
from lionrock.people.trade_notices import FillTold, TradeNotices, forget_told_trades
from lionrock.people.users import User, Users
from lionrock.store.database import open_database
from lionrock.store.outbox.messages import Channel, Parcel
from lionrock.store.outbox.outbox import Outbox
from lionrock.store.sealing import Sealer
from tests.people.test_api_keys import JOURNAL, opened

NOW = 1_800_000_000_000_000_000


class House:
    """Users, notices and their outbox."""

    def __init__(self, database: Engine) -> None:
        sealer = Sealer(bytes(32), os.urandom)
        self.database = database
        self.outbox = Outbox(database, sealer, os.urandom)
        self.notices = Notices(database, sealer, self.outbox, os.urandom)
        self.users = Users(
            database, sealer, os.urandom, journal_id=JOURNAL, accounts={each: opened(each) for each in (7, 8, 9)}
        )

    def user(self, account_id: int, name: str) -> User:
        return self.users.create(name, "a hash", opened(account_id), NOW)

    def tell(self, user: User, occasion: Occasion, **facts: str) -> bool:
        with self.database.begin() as connection:
            return self.notices.tell(connection, user.user_id, occasion, facts, now_ns=NOW)

    def sent(self) -> list[Parcel]:
        """What would be carried now."""
        return self.outbox.take(NOW, 100)

    def code_to(self, user: User, channel: Channel, target: str) -> str:
        """A new address; gives the code that goes there."""
        self.notices.set_address(user.user_id, channel, target, NOW)
        (code,) = [each.content.facts["code"] for each in self.sent() if each.kind == "address_code"]
        return code


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = open_database(tmp_path)
    yield House(database)
    database.dispose()


@pytest.mark.shows("OUTB-020")
def test_a_notice_goes_another_way_than_the_sign_in(house: House) -> None:
    ann, bob = house.user(7, "ann@example.com"), house.user(8, "bob")
    for user in (ann, bob):
        assert house.tell(user, Occasion.LOGIN, address="192.0.2.7")
    (parcel,) = house.sent()
    assert (parcel.address.channel, parcel.address.target) == (Channel.EMAIL, "ann@example.com")
    assert parcel.content.subject == "A sign-in to your account"
    for words in ("2027-01-15 08:00:00 UTC", "Address: 192.0.2.7", "change your password"):
        assert words in parcel.content.text
    for user in (ann, bob):  # and in-app as well
        assert [each.kind for each in house.outbox.read_inbox(user.user_id)] == ["login"]
    assert house.notices.users_without_address() == 1


@pytest.mark.shows("OUTB-021")
def test_only_notices_of_trades_may_be_done_without(house: House) -> None:
    ann = house.user(7, "ann@example.com")
    assert house.tell(ann, Occasion.TRADE)
    house.notices.set_trade_notices(ann.user_id, NOW, wanted=False)
    assert not house.tell(ann, Occasion.TRADE)
    others = (Occasion.LOGIN, Occasion.PASSWORD_RESET, Occasion.PROFILE_CHANGE)
    assert all(house.tell(ann, each) for each in others)
    house.notices.set_trade_notices(ann.user_id, NOW, wanted=True)
    assert house.tell(ann, Occasion.TRADE)
    kinds = [each.kind for each in house.sent()]
    assert sorted(kinds) == sorted(["trade"] * 2 + [each.value for each in others] + ["profile_change"] * 2)


@pytest.mark.shows("OUTB-022")
def test_an_address_counts_once_its_code_came_back(house: House) -> None:
    ann = house.user(7, "ann@example.com")
    code = house.code_to(ann, Channel.EMAIL, "ann@elsewhere.example")
    assert house.tell(ann, Occasion.LOGIN)
    assert [each.address.target for each in house.sent()] == ["ann@example.com"]
    house.notices.confirm_address(ann.user_id, Channel.EMAIL, f" {code.lower()} ", NOW)
    assert house.tell(ann, Occasion.LOGIN)
    assert [each.address.target for each in house.sent()] == ["ann@elsewhere.example"]
    assert [(each.target, each.is_confirmed) for each in house.notices.addresses(ann.user_id)] == [
        ("ann@elsewhere.example", True)
    ]
    with pytest.raises(CodeWrong):  # used up
        house.notices.confirm_address(ann.user_id, Channel.EMAIL, code, NOW)


@pytest.mark.shows("OUTB-022")
def test_a_code_can_be_guessed_once_and_not_for_long(house: House) -> None:
    ann, bob = house.user(7, "ann@example.com"), house.user(8, "bob@example.com")
    for late, guess in ((False, "AAAAAAAA"), (True, "")):
        code = house.code_to(ann, Channel.EMAIL, "x@elsewhere.example")
        with pytest.raises(CodeWrong):
            house.notices.confirm_address(bob.user_id, Channel.EMAIL, code, NOW)
        with pytest.raises(CodeWrong):
            house.notices.confirm_address(ann.user_id, Channel.EMAIL, guess or code, NOW + 86_400 * 10**9 * late)
        with pytest.raises(CodeWrong):  # the right one comes too late
            house.notices.confirm_address(ann.user_id, Channel.EMAIL, code, NOW)


@pytest.mark.shows("OUTB-022")
def test_a_change_of_address_is_told_to_the_one_before(house: House) -> None:
    ann = house.user(7, "ann")
    house.notices.confirm_address(
        ann.user_id, Channel.EMAIL, house.code_to(ann, Channel.EMAIL, "first@example.com"), NOW
    )
    house.notices.set_address(ann.user_id, Channel.EMAIL, "thief@example.com", NOW)
    told = {each.address.target: each.kind for each in house.sent()}
    assert told == {"first@example.com": "profile_change", "thief@example.com": "address_code"}
    assert house.notices.remove_address(ann.user_id, Channel.EMAIL, NOW)
    assert not house.notices.remove_address(ann.user_id, Channel.EMAIL, NOW)


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        (Channel.EMAIL, "no address"),
        (Channel.WEBHOOK, "http://example.com"),
        (Channel.INBOX, "ann@example.com"),
    ],
)
def test_what_is_no_address_is_refused(house: House, channel: Channel, target: str) -> None:
    ann = house.user(7, "ann")
    with pytest.raises(AddressRefused):
        house.notices.set_address(ann.user_id, channel, target, NOW)


def test_a_webhook_gets_a_secret_of_its_own(house: House) -> None:
    ann = house.user(7, "ann")
    secrets = [
        house.notices.set_address(ann.user_id, Channel.WEBHOOK, "https://example.com/hook", NOW) for _ in range(2)
    ]
    assert all(each.startswith("whsec_") and len(each) == 50 for each in secrets)
    assert secrets[0] != secrets[1]
    assert sorted(each.address.secret for each in house.sent()) == sorted(secrets)


def fill(number: int, account_id: int) -> FillTold:
    return FillTold(number, account_id, f"bought {number} BTC at 1 USD", NOW)


@pytest.mark.shows("OUTB-023")
def test_trades_are_told_once_to_the_owner_of_the_account(house: House) -> None:
    ann = house.user(7, "ann@example.com")
    telling = TradeNotices(house.database, house.notices, lambda account_id: {70: 7}.get(account_id, account_id))
    assert telling.told() is None
    telling.begin_at(3)
    # Two of ann's, one of her sub-account, one of an account without a user.
    assert telling.tell([fill(4, 7), fill(5, 70), fill(6, 9), fill(8, 7)], NOW) == 1
    (parcel,) = house.sent()
    assert parcel.content.facts == {
        "trade 1": "bought 4 BTC at 1 USD",
        "trade 2": "bought 5 BTC at 1 USD",
        "trade 3": "bought 8 BTC at 1 USD",
    }
    assert telling.told() == 8
    assert telling.tell([fill(number, 7) for number in range(9, 39)], NOW) == 1
    assert house.sent()[0].content.facts["further trades"] == "10"
    assert telling.tell([], NOW) == 0
    house.notices.set_trade_notices(ann.user_id, NOW, wanted=False)
    assert telling.tell([fill(39, 7)], NOW) == 0
    assert telling.told() == 39


@pytest.mark.shows("OUTB-023")
def test_after_a_journal_was_set_back_ids_that_come_again_are_told(house: House) -> None:
    house.user(7, "ann@example.com")
    telling = TradeNotices(house.database, house.notices, lambda account_id: account_id)
    telling.begin_at(3)
    assert telling.tell([fill(4, 7)], NOW) == 1
    forget_told_trades(house.database)
    assert telling.told() is None
    telling.begin_at(3)
    assert telling.tell([msgspec.structs.replace(fill(4, 7), time_ns=NOW + 1)], NOW) == 1


@pytest.mark.shows("OUTB-023")
def test_how_far_was_told_stands_or_falls_with_the_notices(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.user(7, "ann@example.com")
    telling = TradeNotices(house.database, house.notices, lambda account_id: account_id)
    telling.begin_at(3)
    with house.database.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER no BEFORE UPDATE ON notice_cursors BEGIN SELECT RAISE(ABORT, 'x'); END")
        )
    with pytest.raises(Exception, match="x"):
        telling.tell([fill(4, 7)], NOW)
    assert (telling.told(), house.sent()) == (3, [])
