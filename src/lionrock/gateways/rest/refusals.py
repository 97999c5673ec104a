"""What is said beside the contract's code when somebody is refused for who they are: a name, words, the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal
from lionrock.gateways.rest.errors import Code, Refused
from lionrock.gateways.rest.reasons import reason_number
from lionrock.gateways.rest.turnstile import TOO_MANY, retry_after
from lionrock.people.api_keys import KeyRefused
from lionrock.people.attempts import MustWait
from lionrock.people.passkeys import PasskeyRefused
from lionrock.people.password_resets import ResetRefused
from lionrock.people.passwords import PasswordsBusy
from lionrock.people.people import NoSecondFactor, PasskeyNeeded, SecondFactorNeeded, SignInRefused
from lionrock.people.second_factors import TotpIsOn, TotpNotBegun, WrongCode
from lionrock.people.users import NameTaken

REASONS: dict[type[Exception], tuple[Code, str, str, str]] = {
    SignInRefused: (
        -1002,
        "sign_in_refused",
        "the name, the password or the code is wrong",
        "check all of them; after five wrong attempts there is a wait",
    ),
    SecondFactorNeeded: (
        -1002,
        "second_factor_needed",
        "a code of the authenticator or a recovery code is needed",
        "send it as `code`",
    ),
    WrongCode: (
        -1002,
        "wrong_code",
        "the code is missing, wrong, too old or was used",
        "wait for the authenticator's next code; each works once",
    ),
    PasskeyNeeded: (
        -1002,
        "passkey_needed",
        "a passkey of the user has to answer",
        "ask for options at sessions/passkeyOptions and send the answer as `credential`",
    ),
    ResetRefused: (
        -1002,
        "reset_refused",
        "the token is wrong, was used, or its time is over",
        "ask for a new one; it works once, within half an hour",
    ),
    NoSecondFactor: (
        -1005,
        "no_second_factor",
        "this needs a second factor, and none was shown",
        "set up an authenticator, or sign in with a passkey and ask within five minutes",
    ),
    PasskeyRefused: (
        -1002,
        "passkey_refused",
        "the passkey is not known or did not answer this challenge",
        "ask for new options and try again within five minutes",
    ),
    TotpIsOn: (-1004, "totp_is_on", "there is an authenticator already", "take it off first"),
    TotpNotBegun: (-1004, "totp_not_begun", "there is no new authenticator to confirm", "begin with POST"),
    NameTaken: (-1004, "name_taken", "somebody else has this sign-in name", "choose another one"),
    PasswordsBusy: (-2040, "passwords_busy", "many people are signing in", "try again in a moment"),
}
"""Code, name, words and next step by what went wrong."""


def details(code: Code, name: str, words: str, next_step: str) -> dict[str, object]:
    """The `lionrock` object of a refusal that is not the core's."""
    return {"rejection": reason_number(code), "name": name, "words": words, "figures": {}, "next_step": next_step}


def onboarding_refused(refusal: Refusal) -> Refused:
    """What the room of onboarding refuses, with its figures and the rules that decided."""
    code: Code = -1005 if refusal.name in {"authority_missing", "second_person_needed"} else -1004
    told = details(code, refusal.name, refusal.words, refusal.next_step)
    told["figures"] = {name: str(figure) for name, figure in refusal.figures.items()}
    if refusal.rules:
        told["rules"] = list(refusal.rules)
    return Refused(code, details=told)


@contextmanager
def told_to_client() -> Iterator[None]:
    """Turns what the room of people raises into the refusal that a client reads."""
    try:
        yield
    except tuple(REASONS) as error:
        code, *words = REASONS[type(error)]
        raise Refused(code, details=details(code, *words)) from error
    except MustWait as error:
        told = details(
            "0003", "must_wait", "there were too many wrong attempts", "try again after the time of Retry-After"
        )
        raise Refused("0003", status=TOO_MANY, details=told, headers=retry_after(error.wait_ns)) from error
    except OnboardingRefused as error:
        raise onboarding_refused(error.refusal) from error
    except KeyRefused as error:
        raise (Refused("0001", error.field) if error.field else Refused(-2016)) from error
