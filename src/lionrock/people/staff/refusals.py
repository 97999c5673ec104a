"""How the room of staff says no: data with a name that never changes, words, and what to do next."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class No(StrEnum):
    """Why. `is_about_right` parts what somebody may not do from what cannot be done so."""

    words: str
    next_step: str
    is_about_right: bool

    def __new__(cls, value: str, words: str, next_step: str, is_about_right: bool = False) -> Self:
        """Of a name, words with figures in braces, and the next step."""
        no = str.__new__(cls, value)
        no._value_ = value
        no.words, no.next_step, no.is_about_right = words, next_step, is_about_right
        return no

    MEMBER_UNKNOWN = "member_unknown", "there is nobody of the staff with this id", "take an id from the list of staff"
    MEMBER_INACTIVE = "member_inactive", "this member of the staff is deactivated", "enrol the person anew"
    NOT_ENROLLED = "not_enrolled", "this member has no way to sign in yet", "have them use their enrolment code first"
    NAME_TAKEN = "staff_name_taken", "somebody of the staff has this name already", "choose another name"
    NAME_MALFORMED = "staff_name_malformed", "a name has 3 to 254 printable characters", "correct the name"
    CODE_WRONG = (
        "enrolment_code_wrong",
        "the enrolment code is wrong, was used, or its time is over",
        "ask an administrator for a new one",
        True,
    )
    PASSWORD_UNFIT = "password_unfit", "a password has 12 to 256 characters", "choose a longer one"
    ROLES_CLASH = "roles_clash", "these roles do not go together: {why}", "revoke the other role first"
    ROLE_HELD = "role_held", "the member holds this role already", "nothing is to be done"
    ROLE_NOT_HELD = "role_not_held", "the member does not hold this role", "nothing is to be done"
    OWN_ACCOUNT = (
        "own_account",
        "nobody does this to their own account",
        "have somebody else do it",
        True,
    )
    ACTION_UNKNOWN = "action_unknown", "there is no such action", "take one from the list of actions"
    ACTION_NOT_WIRED = "action_not_wired", "this site does not carry out {action}", "ask those who run the site"
    NOT_MAKER = "not_maker", "none of your roles may propose {action}", "ask one of: {roles}", True
    NOT_CHECKER = "not_checker", "none of your roles may check {action}", "ask one of: {roles}", True
    SELF_APPROVAL = "self_approval", "nobody checks what they proposed themselves", "have another person check it", True
    SAME_PERSON = (
        "same_person",
        "the account that proposed or checked this belongs to the same person",
        "have another person check it",
        True,
    )
    OWN_FILE = "own_file", "the file is your own or that of a relation", "have somebody else deal with it", True
    ABOUT_YOURSELF = "about_yourself", "nobody proposes or checks what is about themselves", "have others do it", True
    REASON_MISSING = "reason_missing", "{action} needs a reason code", "send one of: {reasons}"
    REASON_UNKNOWN = "reason_unknown", "there is no such reason code", "send one of: {reasons}"
    WORDS_MISSING = "words_missing", "{action} needs a sentence that says why", "send `words`, at most 2,000 characters"
    WORDS_MALFORMED = (
        "words_malformed",
        "the words have characters that steer a screen or turn the reading around",
        "write them anew without",
    )
    PAYLOAD_MALFORMED = "payload_malformed", "the payload is not one of {action}: {why}", "compare with the list"
    PAYLOAD_DIFFERS = (
        "payload_differs",
        "what you checked is not what was proposed",
        "read the proposal again and send its payload's SHA-256",
    )
    TARGET_CHANGED = (
        "target_changed",
        "what the proposal would change is no longer as it was when it was proposed",
        "propose it anew",
    )
    PROPOSAL_UNKNOWN = "proposal_unknown", "there is no such proposal", "take an id from the list of proposals"
    NOT_OPEN = "not_open", "the proposal is {state}", "propose it anew if it is still wanted"
    EXPIRED = "proposal_expired", "the proposal's time is over", "propose it anew if it is still wanted"
    MAKER_LEFT = (
        "maker_left",
        "whoever proposed this is not in the role any more",
        "have somebody in the role propose it anew",
    )
    NOT_MADE_BY_YOU = "not_made_by_you", "only whoever proposed it withdraws it", "reject it instead", True
    NOT_AT_ONCE = "not_at_once", "{action} waits for a second person", "propose it"
    NOT_TO_REVIEW = "not_to_review", "the proposal is {state}, and waits for no review", "nothing is to be done"
    NO_BREAK_GLASS = "no_break_glass", "{action} is no action for an emergency", "propose it"
    DELIVERY_UNKNOWN = "delivery_unknown", "there is no such notice by this channel", "take one from the outbox"
    DELIVERY_NOT_DEAD = (
        "delivery_not_dead",
        "the notice arrived or is still tried: only what was given up is sent again",
        "look at its state in the outbox",
    )
    ATTESTATION_NOT_ASKED = (
        "attestation_not_asked",
        "no rule of this site asks for an attestation of this subject",
        "take one of: {subjects}",
    )
    ATTESTATION_OF_ANOTHER = (
        "attestation_of_another",
        "what is attested is the document that the site names as {setting}, and this is another one",
        "attest {expected}",
    )
    ATTESTED_VALUE_DIFFERS = (
        "attested_value_differs",
        "what is attested of {setting} is not the value that the site's file has",
        "attest {value}, or have the file changed first",
    )
    DOCUMENT_NOT_HELD = (
        "document_not_held",
        "the site holds no document with this SHA-256",
        "hand it over first at attestations/documents, and attest the SHA-256 that is answered",
    )
    CARRYING_OUT_FAILED = "carrying_out_failed", "it was approved and could not be carried out: {why}", "propose anew"


class StaffRefused(Exception):
    """Nothing was changed but the log."""

    def __init__(self, no: No, *, next_step: str = "", **figures: str | int) -> None:
        """With another next step where the usual one would mislead."""
        self.no = no
        self.figures = figures
        self.words = no.words.format(**figures)
        self.next_step = next_step or no.next_step.format(**figures)
        super().__init__(f"{no}: {self.words}")
