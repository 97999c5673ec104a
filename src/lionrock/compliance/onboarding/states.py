"""Where an application and then a client can stand, and what may happen there: every pair of the two is answered.

Each state has a way out, so that nobody waits where nothing can happen; what is not in `STEPS` is refused with what,
why and what next.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """Where it stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    INFORMATION_REQUESTED = "information_requested"
    IDENTITY_CHECKED = "identity_checked"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    OFFBOARDING = "offboarding"
    CLOSED = "closed"


class Step(StrEnum):
    """What may happen to it."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    REOPEN = "reopen"
    PASS_IDENTITY = "pass_identity"  # noqa: S105 not a password
    REFER = "refer"
    BEGIN_REVIEW = "begin_review"
    REQUEST_INFORMATION = "request_information"
    APPROVE = "approve"
    DECLINE = "decline"
    RETURN_TO_REVIEW = "return_to_review"
    ACTIVATE = "activate"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    BEGIN_OFFBOARDING = "begin_offboarding"
    HALT_OFFBOARDING = "halt_offboarding"
    CLOSE = "close"


class Authority(StrEnum):
    """Who may take a step."""

    CLIENT = "client"
    """Whom it is about."""
    SYSTEM = "system"
    """The site by itself: an answer came, a time ran out, an account was opened."""
    STAFF = "staff"
    """One person of the staff, as it protects or asks for something."""
    TWO_STAFF = "two_staff"
    """One person of the staff proposes it and another one approves."""


class StateWords(msgspec.Struct, frozen=True):
    """What a state means."""

    words: str
    """For the client, one sentence."""
    next_step: str
    """What leads out of it, and who does it."""


class StepWords(msgspec.Struct, frozen=True):
    """What a step means."""

    words: str
    """What is done, as an infinitive."""
    authorities: tuple[Authority, ...]


STATES: dict[State, StateWords] = {
    State.DRAFT: StateWords("The application is being filled in.", "Fill in what is missing, then submit it."),
    State.SUBMITTED: StateWords(
        "The application has been handed in and the identity is being checked.",
        "Wait for the check; it may be withdrawn meanwhile.",
    ),
    State.INFORMATION_REQUESTED: StateWords(
        "Something is missing or unclear and has been asked for.", "Correct what was asked for, then submit it again."
    ),
    State.IDENTITY_CHECKED: StateWords(
        "The identity has been confirmed and the application waits for the decision.",
        "Wait for the decision of two people of the staff.",
    ),
    State.IN_REVIEW: StateWords(
        "The application is being looked at by people.", "Wait for the decision of two people of the staff."
    ),
    State.APPROVED: StateWords(
        "The application is approved and the account is being opened.", "Wait a moment; the account opens by itself."
    ),
    State.ACTIVE: StateWords("The account is open.", "Nothing is to be done; closing it may be asked for at any time."),
    State.RESTRICTED: StateWords(
        "The account may only reduce what it holds and take it out.",
        "Answer what is asked for; write to the site if you need something.",
    ),
    State.SUSPENDED: StateWords(
        "The account is stopped: nothing new is taken from it.",
        "Nothing is to be done; write to the site if you need something.",
    ),
    State.DECLINED: StateWords("The application was declined.", "A new application may be begun."),
    State.WITHDRAWN: StateWords("The application was withdrawn or ran out.", "A new application may be begun."),
    State.OFFBOARDING: StateWords(
        "The relationship is ending: what is left is paid out.",
        "Take out what is left; two people of the staff then close the account.",
    ),
    State.CLOSED: StateWords("The account is closed.", "A new application may be begun."),
}

_CLIENT, _SYSTEM, _STAFF, _TWO = Authority.CLIENT, Authority.SYSTEM, Authority.STAFF, Authority.TWO_STAFF

STEP_WORDS: dict[Step, StepWords] = {
    Step.SUBMIT: StepWords("hand the application in", (_CLIENT,)),
    Step.WITHDRAW: StepWords("withdraw the application", (_CLIENT,)),
    Step.EXPIRE: StepWords("let an application run out that nobody went on with", (_SYSTEM,)),
    Step.REOPEN: StepWords("begin a new application", (_CLIENT,)),
    Step.PASS_IDENTITY: StepWords("confirm the identity", (_SYSTEM, _TWO)),
    Step.REFER: StepWords("refer the application to people", (_SYSTEM,)),
    Step.BEGIN_REVIEW: StepWords("take the application into review", (_STAFF,)),
    Step.REQUEST_INFORMATION: StepWords("ask for information", (_STAFF,)),
    Step.APPROVE: StepWords("approve the application", (_TWO,)),
    Step.DECLINE: StepWords("decline the application", (_TWO,)),
    Step.RETURN_TO_REVIEW: StepWords("take an approval back before the account is open", (_STAFF,)),
    Step.ACTIVATE: StepWords("open the account", (_SYSTEM,)),
    Step.RESTRICT: StepWords("restrict the account", (_SYSTEM, _TWO)),
    Step.SUSPEND: StepWords("stop the account", (_SYSTEM, _STAFF)),
    Step.REINSTATE: StepWords("lift restriction or stop", (_TWO,)),
    Step.BEGIN_OFFBOARDING: StepWords("begin to end the relationship", (_CLIENT, _TWO)),
    Step.HALT_OFFBOARDING: StepWords("call the ending off", (_TWO,)),
    Step.CLOSE: StepWords("close the account", (_TWO,)),
}

_S, _E = State, Step
STEPS: dict[tuple[State, Step], State] = {
    (_S.DRAFT, _E.SUBMIT): _S.SUBMITTED,
    (_S.DRAFT, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.DRAFT, _E.EXPIRE): _S.WITHDRAWN,
    (_S.SUBMITTED, _E.PASS_IDENTITY): _S.IDENTITY_CHECKED,
    (_S.SUBMITTED, _E.REFER): _S.IN_REVIEW,
    (_S.SUBMITTED, _E.BEGIN_REVIEW): _S.IN_REVIEW,
    (_S.SUBMITTED, _E.REQUEST_INFORMATION): _S.INFORMATION_REQUESTED,
    (_S.SUBMITTED, _E.DECLINE): _S.DECLINED,
    (_S.SUBMITTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.INFORMATION_REQUESTED, _E.SUBMIT): _S.SUBMITTED,
    (_S.INFORMATION_REQUESTED, _E.DECLINE): _S.DECLINED,
    (_S.INFORMATION_REQUESTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.INFORMATION_REQUESTED, _E.EXPIRE): _S.WITHDRAWN,
    (_S.IDENTITY_CHECKED, _E.BEGIN_REVIEW): _S.IN_REVIEW,
    (_S.IDENTITY_CHECKED, _E.REFER): _S.IN_REVIEW,
    (_S.IDENTITY_CHECKED, _E.REQUEST_INFORMATION): _S.INFORMATION_REQUESTED,
    (_S.IDENTITY_CHECKED, _E.APPROVE): _S.APPROVED,
    (_S.IDENTITY_CHECKED, _E.DECLINE): _S.DECLINED,
    (_S.IDENTITY_CHECKED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.IN_REVIEW, _E.PASS_IDENTITY): _S.IDENTITY_CHECKED,
    (_S.IN_REVIEW, _E.REQUEST_INFORMATION): _S.INFORMATION_REQUESTED,
    (_S.IN_REVIEW, _E.APPROVE): _S.APPROVED,
    (_S.IN_REVIEW, _E.DECLINE): _S.DECLINED,
    (_S.IN_REVIEW, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.APPROVED, _E.ACTIVATE): _S.ACTIVE,
    (_S.APPROVED, _E.RETURN_TO_REVIEW): _S.IN_REVIEW,
    (_S.ACTIVE, _E.RESTRICT): _S.RESTRICTED,
    (_S.ACTIVE, _E.SUSPEND): _S.SUSPENDED,
    (_S.ACTIVE, _E.BEGIN_OFFBOARDING): _S.OFFBOARDING,
    (_S.RESTRICTED, _E.SUSPEND): _S.SUSPENDED,
    (_S.RESTRICTED, _E.REINSTATE): _S.ACTIVE,
    (_S.RESTRICTED, _E.BEGIN_OFFBOARDING): _S.OFFBOARDING,
    (_S.SUSPENDED, _E.RESTRICT): _S.RESTRICTED,
    (_S.SUSPENDED, _E.REINSTATE): _S.ACTIVE,
    (_S.SUSPENDED, _E.BEGIN_OFFBOARDING): _S.OFFBOARDING,
    (_S.OFFBOARDING, _E.SUSPEND): _S.SUSPENDED,
    (_S.OFFBOARDING, _E.HALT_OFFBOARDING): _S.RESTRICTED,
    (_S.OFFBOARDING, _E.CLOSE): _S.CLOSED,
    (_S.DECLINED, _E.REOPEN): _S.DRAFT,
    (_S.WITHDRAWN, _E.REOPEN): _S.DRAFT,
    (_S.CLOSED, _E.REOPEN): _S.DRAFT,
}
"""What is allowed, and where it leads. All else is refused."""

HAS_ACCOUNT = frozenset({State.ACTIVE, State.RESTRICTED, State.SUSPENDED, State.OFFBOARDING})
"""States of a client whose account is open."""
MAY_EDIT = frozenset({State.DRAFT, State.INFORMATION_REQUESTED})
"""States in which the application may be changed."""


class Refusal(msgspec.Struct, frozen=True):
    """Why something is not done, as data. Without personal data."""

    name: str
    words: str
    """What is refused and why, one sentence."""
    next_step: str
    figures: dict[str, int | str] = {}
    rules: tuple[str, ...] = ()
    """Ids of the rules that decided."""


class OnboardingRefused(Exception):
    """What was asked is refused; nothing was changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


def answer(state: State, step: Step) -> State | Refusal:
    """Where the step leads, or why it is not taken."""
    target = STEPS.get((state, step))
    if target is not None:
        return target
    possible = [each.value for each in State if (each, step) in STEPS]
    return Refusal(
        name="step_not_possible",
        words=f"It is not possible to {STEP_WORDS[step].words} where it stands: {STATES[state].words.lower()[:-1]}; "
        f"it is possible from: {', '.join(possible)}.",
        next_step=STATES[state].next_step,
        figures={"state": state.value, "step": step.value},
    )


def authority_refusal(step: Step, authority: Authority) -> Refusal | None:
    """Why this authority may not take the step; None when it may. Two people may do what one may."""
    allowed = STEP_WORDS[step].authorities
    if authority in allowed or (authority is Authority.TWO_STAFF and Authority.STAFF in allowed):
        return None
    who = " or ".join(_AUTHORITY_WORDS[each] for each in allowed)
    return Refusal(
        name="authority_missing",
        words=f"Only {who} may {STEP_WORDS[step].words}.",
        next_step=f"Leave it to {who}.",
        figures={"step": step.value, "authority": authority.value},
    )


_AUTHORITY_WORDS = {
    Authority.CLIENT: "the client",
    Authority.SYSTEM: "the site",
    Authority.STAFF: "a person of the staff",
    Authority.TWO_STAFF: "two people of the staff together",
}
