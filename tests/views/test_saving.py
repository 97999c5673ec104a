from __future__ import annotations

import pytest

from lionrock.core.engine import Engine
from lionrock.node.published import Published
from lionrock.node.recovery import SavedListener
from lionrock.sim.workload import random_flow
from lionrock.views.catalogue import Catalogue
from lionrock.views.market_data import MarketData
from lionrock.views.orders import Orders

VIEWS: list[type[Catalogue | Orders | MarketData]] = [Catalogue, Orders, MarketData]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_was_saved_goes_on_as_one_that_was_not(view: type[SavedListener]) -> None:
    engine, living, saved = Engine(), view(), view()
    sequence = 1
    for number, batch in enumerate(random_flow(7, 30_000)):
        published = Published(sequence, 0, batch, b"", engine.apply(batch))
        sequence += published.command_count
        living(published)
        saved(published)
        if number % 8 == 0:
            state = saved.save()
            saved = view()
            saved.load(state)
    assert len(living.save()) > 1000
    assert saved.save() == living.save()


@pytest.mark.parametrize("view", VIEWS)
def test_a_state_of_another_form_is_refused(view: type[SavedListener]) -> None:
    with pytest.raises(ValueError, match=r"."):
        view().load(b"something else")
