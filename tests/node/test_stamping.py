"""What the node writes into commands: the same whether few or many come at once."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lionrock.node.stamping import FEW, FIRST_ID, stamped
from lionrock.words.commands import COMMANDS, CancelOrder, Command, OpenAccount, PlaceOrder
from lionrock.words.enumerations import AccountKind
from lionrock.words.records import unpack_all

SEQUENCES = st.integers(1, 2**62)
TIMES = st.integers(0, 2**62)
IDS = st.sampled_from([0, 1, FIRST_ID, 2**64 - 1])
OTHERS = ["market_id", "side", "order_type", "time_in_force", "post_only", "price_ticks", "size_lots"]
OTHERS += ["quote_amount_atoms"]
ANY: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        PlaceOrder,
        order_id=IDS,
        account_id=IDS,
        **dict.fromkeys(OTHERS, st.just(1)),
    ),
    st.builds(OpenAccount, account_id=IDS, account_kind=st.just(AccountKind.CLIENT)),
    st.builds(CancelOrder, order_id=IDS, account_id=IDS),
)


@given(commands=st.lists(ANY, min_size=1, max_size=3 * FEW), sequence=SEQUENCES, time_ns=TIMES)
def test_together_and_one_by_one_are_the_same(commands: list[Command], sequence: int, time_ns: int) -> None:
    packed = [command.pack() for command in commands]
    alone = [stamped([one], sequence + position, time_ns) for position, one in enumerate(packed)]
    assert stamped(packed, sequence, time_ns) == b"".join(alone)


@given(command=ANY, sequence=SEQUENCES, time_ns=TIMES)
def test_only_sequence_time_and_a_missing_id_change(command: Command, sequence: int, time_ns: int) -> None:
    changed: dict[str, int] = {"sequence": sequence, "time_ns": time_ns}
    if isinstance(command, PlaceOrder) and command.order_id == 0:
        changed["order_id"] = sequence + FIRST_ID
    if isinstance(command, OpenAccount) and command.account_id == 0:
        changed["account_id"] = sequence + FIRST_ID
    expected = msgspec.structs.replace(command, **changed)
    assert unpack_all(COMMANDS, stamped([command.pack()], sequence, time_ns)) == [expected]
