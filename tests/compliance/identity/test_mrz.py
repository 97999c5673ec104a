"""Machine readable zones: the standard's specimens, and slips that a check digit must find."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lionrock.compliance.identity.mrz import Format, MalformedZone, Zone, check_digit, parse
from tests.compliance.identity.specimens import ALL, MRV_A, MRV_B, TD1, TD2, TD3, passport

TODAY = date(2026, 11, 30)

CHECKED = {
    "TD3": (1, [*range(10), *range(13, 20), *range(21, 44)]),
    "TD2": (1, [*range(10), *range(13, 20), *range(21, 36)]),
    "MRV-A": (1, [*range(10), *range(13, 20), *range(21, 28)]),
    "MRV-B": (1, [*range(10), *range(13, 20), *range(21, 28)]),
}
"""Line, and the places in it that a check digit covers."""


@pytest.mark.shows("IDEN-001")
@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        (TD3, Format.TD3, ("L898902C3", "UTO", "740812", "120415", "ZE184226B")),
        (TD1, Format.TD1, ("D23145890", "UTO", "740812", "120415", "")),
        (TD2, Format.TD2, ("D23145890", "UTO", "740812", "120415", "")),
        (MRV_A, Format.MRV_A, ("L8988901C", "XXX", "400907", "961210", "6ZE184226B")),
        (MRV_B, Format.MRV_B, ("L8988901C", "XXX", "400907", "961210", "")),
    ],
)
def test_specimens_of_the_standard_are_read(text: str, kind: Format, fields: tuple[str, ...]) -> None:
    zone = parse(text)
    assert (zone.format, zone.wrong) == (kind, ())
    assert (zone.issuer, zone.surname, zone.given_names) == ("UTO", "ERIKSSON", "ANNA MARIA")
    assert (zone.document_number, zone.nationality, zone.birth, zone.expiry, zone.optional) == fields
    assert zone.sex == "F"
    assert parse(text.lower().replace("<", "< ")) == zone


@pytest.mark.shows("IDEN-001")
@pytest.mark.parametrize(
    ("field", "digit"), [("520727", "3"), ("AB2134<<<", "5"), ("HA672242<658022549601086<<<<<<<<<<<<<<0", "8")]
)
def test_check_digits_of_the_standards_examples(field: str, digit: str) -> None:
    """Part 3, section 4.9 and appendix A; the last one is a whole line's."""
    assert check_digit(field) == digit


@pytest.mark.shows("IDEN-002")
@given(st.sampled_from(sorted(CHECKED)), st.data())
def test_any_single_wrong_digit_is_found(kind: str, data: st.DataObject) -> None:
    line, places = CHECKED[kind]
    lines = ALL[kind].splitlines()
    place = data.draw(st.sampled_from([each for each in places if lines[line][each].isdigit()]))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != lines[line][place]]))
    lines[line] = lines[line][:place] + digit + lines[line][place + 1 :]
    assert parse("\n".join(lines)).wrong


@pytest.mark.shows("IDEN-002")
@given(st.data())
def test_any_single_wrong_digit_of_a_card_is_found(data: st.DataObject) -> None:
    lines = TD1.splitlines()
    covered = [(0, each) for each in range(5, 15)] + [(1, each) for each in (*range(7), *range(8, 15), 29)]
    line, place = data.draw(st.sampled_from([each for each in covered if lines[each[0]][each[1]].isdigit()]))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != lines[line][place]]))
    lines[line] = lines[line][:place] + digit + lines[line][place + 1 :]
    assert parse("\n".join(lines)).wrong


@pytest.mark.shows("IDEN-001")
def test_a_long_number_goes_on_in_the_optional_data() -> None:
    """Part 5, note j: nine signs, a filler, the rest, the check digit, a filler."""
    number = "D23145890734"
    rest = number[9:] + check_digit(number)
    first = f"I<UTO{number[:9]}<{rest}".ljust(30, "<")
    second = "7408122F1204159UTO" + "<" * 11
    second += check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    zone = parse("\n".join([first, second, TD1.splitlines()[2]]))
    assert (zone.document_number, zone.optional, zone.wrong) == (number, "", ())
    spoilt = first.replace("734", "735")
    assert "document_number" in parse("\n".join([spoilt, second, TD1.splitlines()[2]])).wrong


@pytest.mark.shows("IDEN-001")
def test_dates_are_of_the_century_that_makes_sense() -> None:
    zone = parse(TD3)
    assert zone.birth_date(TODAY) == date(1974, 8, 12)
    assert zone.expiry_date(TODAY) == date(2012, 4, 15)
    assert parse(passport("A", "B", "1", "UTO", birth="040229", sex="M", expiry="361231")).birth_date(TODAY) == date(
        2004, 2, 29
    )
    assert parse(passport("A", "B", "1", "UTO", birth="300101", sex="M", expiry="361231")).birth_date(TODAY) == date(
        1930, 1, 1
    )
    assert parse(passport("A", "B", "1", "UTO", birth="7408<<", sex="M", expiry="361231")).birth_date(TODAY) is None
    assert parse(passport("A", "B", "1", "UTO", birth="231332", sex="M", expiry="361231")).birth_date(TODAY) is None


@pytest.mark.shows("IDEN-003")
@pytest.mark.parametrize(
    "text",
    ["", "P<UTO", TD3[:44], TD3 + "<", TD3.replace("<", "*", 1), "é" * 44 + "\n" + "<" * 44, TD3 + "\n" + TD3],
)
def test_what_is_no_zone_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(MalformedZone) as refused:
        parse(text)
    assert "UTO" not in str(refused.value)


@pytest.mark.shows("IDEN-003")
@given(st.text(alphabet="ABC<019 ", max_size=150))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(MalformedZone):
        assert isinstance(parse(text), Zone)


@pytest.mark.shows("IDEN-003")
def test_a_zone_shows_nothing_of_itself() -> None:
    assert "ERIKSSON" not in repr(parse(TD3))
    assert "L898902C3" not in repr(parse(TD3))
