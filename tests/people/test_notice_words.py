"""Every notice in every language: nothing is missing, every place is filled, and what programs read stays English."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from email import message_from_bytes, policy
from importlib.resources import files
from pathlib import Path

import pytest

from lionrock.compliance.gates import client_clock
from lionrock.compliance.onboarding.states import STATES
from lionrock.compliance.papers.periods import PaperKind
from lionrock.people import notice_words, notices, trade_notices
from lionrock.people.notice_words import COLON, ENGLISH, LABELS, LANGUAGES, Phrase, say
from lionrock.people.notices import Change, Occasion
from lionrock.site.client_notices import APPLICATION, WORDS, ClientNotices
from lionrock.store.database import open_database
from lionrock.store.outbox.email import as_mail
from lionrock.store.outbox.messages import Channel
from tests.people.test_notices import NOW, House

OTHERS = LANGUAGES[1:]
SUBJECT = {
    "zh-Hant": "您的帳戶有新登入",
    "zh-Hans": "您的账户有新登录",
    "fr": "Connexion à votre compte",
    "ar": "تسجيل دخول إلى حسابك",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = open_database(tmp_path)
    yield House(database)
    database.dispose()


def english() -> set[str]:
    """All words that notices to clients are made of."""
    told = {words for pair in notices._WORDS.values() for words in pair} | {notices._UNASKED, COLON, APPLICATION}
    told |= {words for each in WORDS.values() for words in (each.subject, each.first, each.todo) if words}
    told |= {words for each in STATES.values() for words in (each.words, each.next_step)}
    told |= {each.value for each in Change} | {label.capitalize() for label in LABELS}
    told |= {each.value.replace("_", " ") for each in PaperKind}
    return told | {trade_notices.BOUGHT, trade_notices.SOLD}


def places(words: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(words) if name)


@pytest.mark.shows("OUTB-026")
@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_every_word_with_its_places_and_no_other(language: str) -> None:
    words = tomllib.loads(files(notice_words).joinpath(f"{language}.toml").read_text("utf-8"))
    assert words.keys() == english()
    for here, there in words.items():
        assert there.strip() or here == COLON
        assert places(there) == places(here), here
        assert there.endswith((".", "。")) == here.endswith("."), there


def test_every_fact_of_a_notice_has_its_label() -> None:
    """Those that fall due by the clock, and those of the venue itself."""
    source = Path(client_clock.__file__).read_text()
    named = set(re.findall(r'\{?"([a-z_]+)": [a-z_.]+[,}]', source))
    assert {"limit_minor", "until_ns", "ends_ns", "version", "in_force_ns", "due_ns", "last_used_ns"} <= named
    for name in named:
        assert re.sub("_(ns|minor)$", "", name).replace("_", " ") in LABELS, name


@pytest.mark.shows("OUTB-026")
@pytest.mark.parametrize("language", OTHERS)
def test_a_notice_is_in_the_language_that_its_reader_chose(house: House, language: str) -> None:
    ann, bob = house.user(7, "ann@example.com"), house.user(8, "bob@example.com")
    house.notices.set_language(ann.user_id, language, NOW)
    (told,) = house.sent()
    assert say(Change.LANGUAGE_CHOSEN, language) in told.content.text
    house.notices.set_language(ann.user_id, language, NOW)
    assert house.sent() == []
    facts = {"address": "192.0.2.7", "program": "curl"}
    assert house.tell(ann, Occasion.LOGIN, **facts)
    assert house.tell(bob, Occasion.LOGIN, **facts)
    mails = {each.address.target: each for each in house.sent()}
    content = mails["ann@example.com"].content
    assert (content.subject, content.language) == (SUBJECT[language], language)
    assert content.facts == facts == mails["bob@example.com"].content.facts
    assert mails["bob@example.com"].content.subject == "A sign-in to your account"
    label, colon = say("Address", language), say(COLON, language)
    assert f"{label}{colon}192.0.2.7\n" in content.text
    for latin in set(re.findall("[A-Za-z]{2,}", content.text)) - {"UTC", "curl"} if language != "fr" else ():
        pytest.fail(f"{latin} stands in a notice in {language}")
    (inside,) = [each for each in house.outbox.read_inbox(ann.user_id) if each.kind == "login"]
    assert inside.content == content


@pytest.mark.shows("OUTB-026")
@pytest.mark.parametrize("kind", sorted(WORDS))
def test_what_falls_due_is_told_in_it_too(house: House, kind: str) -> None:
    ann = house.user(7, "ann@example.com")
    house.notices.set_language(ann.user_id, "ar", NOW)
    house.sent()
    told = ClientNotices(house.database, house.notices, lambda _: ann.user_id, "USD")
    told.send(f"{kind}:1", "client", kind, {"limit_minor": 1_234_550, "ends_ns": NOW, "version": 2}, NOW)
    (mail,) = house.sent()
    assert mail.content.subject == say(WORDS[kind].subject, "ar")
    assert "الحد: 12345.50 USD" in mail.content.text
    assert set(re.findall("[A-Za-z]{2,}", mail.content.text)) <= {"UTC", "USD"}
    assert mail.content.facts["limit"] == "12345.50 USD"


@pytest.mark.shows("OUTB-026")
def test_a_choice_about_trades_leaves_the_language_and_a_trade_is_told_in_it(house: House) -> None:
    ann = house.user(7, "ann@example.com")
    house.notices.set_language(ann.user_id, "zh-Hant", NOW)
    house.notices.set_trade_notices(ann.user_id, NOW, wanted=False)
    house.notices.set_trade_notices(ann.user_id, NOW, wanted=True)
    assert house.notices.language(ann.user_id) == "zh-Hant"
    house.sent()
    values = {"size": "1", "asset": "BTC", "price": "50000", "currency": "USDT", "order": "9", "trade": "3"}
    with house.database.begin() as connection:
        facts: dict[str, str | Phrase] = {"trade 1": Phrase(trade_notices.SOLD, values), "further trades": "2"}
        assert house.notices.tell(connection, ann.user_id, Occasion.TRADE, facts, now_ns=NOW)
    (mail,) = house.sent()
    assert "成交 1：以 50000 USDT 賣出 1 BTC（訂單 9，成交 3）\n其他成交：2" in mail.content.text
    assert mail.content.facts["trade 1"] == "sold 1 BTC at 50000 USDT (order 9, trade 3)"


@pytest.mark.shows("OUTB-026")
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_mail_is_plain_ascii_on_its_way_and_names_its_language(house: House, language: str) -> None:
    ann = house.user(7, "ann@example.com")
    house.notices.set_language(ann.user_id, language, NOW)
    assert house.tell(ann, Occasion.LOGIN)
    parcel = next(each for each in house.sent() if each.kind == "login" and each.address.channel is Channel.EMAIL)
    carried = as_mail(parcel, "venue@example.com").as_bytes(policy=policy.SMTP)
    assert carried.isascii()
    mail = message_from_bytes(carried, policy=policy.default)
    assert (mail["Subject"], mail["Content-Language"]) == (parcel.content.subject, language)
    assert mail.get_content().splitlines() == parcel.content.text.splitlines()


def test_a_language_that_is_none_is_english(house: House) -> None:
    assert say("Time", "tlh") == say("Time", ENGLISH) == "Time"
    assert house.notices.language(house.user(7, "ann@example.com").user_id) == ENGLISH
