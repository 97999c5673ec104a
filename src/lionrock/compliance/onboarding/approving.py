"""What must hold before two people confirm an identity or approve an application: documents that were looked at,
nothing missing, nobody who is here already, and what assessments ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lionrock.compliance.onboarding.clients import Clients
from lionrock.compliance.onboarding.documents import Documents
from lionrock.compliance.onboarding.duplicates import Duplicates
from lionrock.compliance.onboarding.missing import Missing
from lionrock.compliance.onboarding.ports import Assessed
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal, State, Step, answer

LOOKED_AT = frozenset({Step.PASS_IDENTITY, Step.APPROVE})
"""Steps that rest on the documents: whoever proposes one has opened every one of them."""


class Approving:
    """The conditions of one site. Calls are SQL: from a loop, make them in a thread. All raise `OnboardingRefused`."""

    def __init__(
        self,
        clients: Clients,
        documents: Documents,
        duplicates: Duplicates,
        *,
        likeness_ppm: int,
        missing: Callable[[str], list[Missing]],
        assessed: Callable[[], Assessed],
        by_rules: Callable[[str, int], Iterable[Refusal]],
    ) -> None:
        """`by_rules` gives what the rules of the licences would refuse about a client; nothing is recorded."""
        self._clients, self._documents, self._duplicates = clients, documents, duplicates
        self._likeness_ppm, self._missing, self._assessed = likeness_ppm, missing, assessed
        self._by_rules = by_rules

    def check_proposal(self, client_id: str, step: Step, staff_id: str, now_ns: int) -> None:
        """What one person proposes and could not be carried out is refused at once, not when a second one approves."""
        if not isinstance(answer(self._clients.get(client_id).state, step), State):
            return  # refused for where it stands
        if step in LOOKED_AT:
            self.check_opened(client_id, staff_id)
        if step is Step.APPROVE:
            self.check_approval(client_id, now_ns)
            for refusal in self._by_rules(client_id, now_ns):
                raise OnboardingRefused(refusal)

    def check_opened(self, client_id: str, staff_id: str) -> None:
        """Whoever decides by the documents has opened every one that is in the file, since it came."""
        unopened = self._documents.unopened(client_id, staff_id)
        if unopened:
            raise OnboardingRefused(
                Refusal(
                    "documents_not_opened",
                    "Whoever proposes this has not opened every document of the application: "
                    f"{', '.join(each.kind.value for each in unopened)}.",
                    "Open each of them, then propose it.",
                    {"unopened": len(unopened), "documents": ", ".join(each.document_id for each in unopened)},
                )
            )

    def check_approval(self, client_id: str, now_ns: int) -> None:
        """Everything that is asked here; rules of the licences are asked after it."""
        if not self._clients.get(client_id).identity_passed_ns:
            raise OnboardingRefused(
                Refusal(
                    "identity_not_confirmed",
                    "The identity has not been confirmed since the application was handed in.",
                    "Two people of the staff look at the documents and confirm it.",
                )
            )
        undecided = [each for each in self._duplicates.look(client_id, self._likeness_ppm, now_ns) if not each.verdict]
        if undecided:
            raise OnboardingRefused(
                Refusal(
                    "likeness_undecided",
                    "The applicant may be a client who is here already, and nobody has decided on it.",
                    "Two people of the staff say of each likeness whether it is the same client.",
                    {"undecided": len(undecided)},
                )
            )
        if missing := self._missing(client_id):
            raise OnboardingRefused(
                Refusal(
                    "application_incomplete",
                    "The application is not complete any more, as when a document has expired meanwhile.",
                    "Ask the applicant for what is missing.",
                    {"missing": len(missing)},
                )
            )
        if (lacking := self._assessed().lacking(client_id)) is not None:
            raise OnboardingRefused(lacking)
