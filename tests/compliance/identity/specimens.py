"""The specimens of ICAO Doc 9303: part 4 (TD3), 5 (TD1), 6 (TD2), 7 (visas)."""

from __future__ import annotations

TD3 = """P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C36UTO7408122F1204159ZE184226B<<<<<10"""
TD1 = """I<UTOD231458907<<<<<<<<<<<<<<<
7408122F1204159UTO<<<<<<<<<<<6
ERIKSSON<<ANNA<MARIA<<<<<<<<<<"""
TD2 = """I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<
D231458907UTO7408122F1204159<<<<<<<6"""
MRV_A = """V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L8988901C4XXX4009078F96121096ZE184226B<<<<<<"""
MRV_B = """V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<
L8988901C4XXX4009078F9612109<<<<<<<<"""
ALL = {"TD3": TD3, "TD1": TD1, "TD2": TD2, "MRV-A": MRV_A, "MRV-B": MRV_B}


def passport(surname: str, given: str, number: str, country: str, *, birth: str, sex: str, expiry: str) -> str:
    """A TD3 zone with right check digits; texts of the zone's own alphabet, dates YYMMDD."""
    from lionrock.compliance.identity.mrz import check_digit

    first = f"P<{country}{surname.replace(' ', '<')}<<{given.replace(' ', '<')}".ljust(44, "<")[:44]
    fields = [(number.ljust(9, "<")), birth, expiry, "<" * 14]
    number_, birth_, expiry_, optional_ = (field + check_digit(field) for field in fields)
    second = f"{number_}{country}{birth_}{sex}{expiry_}{optional_}"
    whole = second[0:10] + second[13:20] + second[21:43]
    return f"{first}\n{second}{check_digit(whole)}"
