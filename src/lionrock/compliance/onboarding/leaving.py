"""What has to be so before an account is closed."""

from __future__ import annotations

from lionrock.compliance.onboarding.clients import ClientRow
from lionrock.compliance.onboarding.ports import Ledger
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal, State


async def check_empty(ledger: Ledger, row: ClientRow) -> None:
    """Nothing is left and nothing is coming. To be asked, and the close done, while the ledger's arrivals stand still.

    Raises `OnboardingRefused`; of a client who is not leaving nothing, as the step itself is refused.
    """
    if row.state is not State.OFFBOARDING:
        return
    if left := await ledger.positions_left(row.account_id):
        raise OnboardingRefused(
            Refusal(
                "account_not_empty",
                "The account or one of its sub-accounts still holds something.",
                "Pay out what is left, then close it.",
                {"positions": left},
            )
        )
    if coming := await ledger.deposits_on_their_way(row.account_id):
        raise OnboardingRefused(
            Refusal(
                "deposit_on_its_way",
                "A deposit to the account is seen on its chain and will be credited.",
                "Wait until it is credited and pay it out, then close the account.",
                {"deposits": coming},
            )
        )
