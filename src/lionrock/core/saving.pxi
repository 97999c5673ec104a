# The whole state as bytes and back: the arrays as they lie in memory, and what Python objects keep as a literal. The
# functions at the end name every field; whatever is missing there would make an engine that goes on differently, which
# the flows notice.

cdef bytes SAVED = b"Lionrock core 1\n"


cdef str layout():
    """Names the form of all arrays; a state saved in another form cannot be taken up."""
    forms = (
        PLACE, KEY, ACCOUNT, BALANCE, ORDER, LEVEL, MARKET, NODE, TRIE, CLIENT_ID, TIER, REMEMBERED_TRADE, VALUATION,
    )
    return hashlib.sha256(repr([form.descr for form in forms]).encode()).hexdigest()


cdef bytes saved(Engine engine):
    """Everything the engine knows, with a checksum."""
    cdef dict arrays = arrays_of(engine)
    head = repr((layout(), objects_of(engine), [(name, len(array)) for name, array in arrays.items()])).encode()
    body = b"".join([len(head).to_bytes(8, "little"), head, *(array.tobytes() for array in arrays.values())])
    return SAVED + hashlib.sha256(body).digest() + body


cdef Engine loaded(bytes data):
    """The engine that was saved. Raises `ValueError` when the bytes are not what `saved` wrote, or in another form."""
    cdef Engine engine = Engine()
    start = len(SAVED) + 32
    body = data[start:]
    if data[: len(SAVED)] != SAVED or hashlib.sha256(body).digest() != data[len(SAVED) : start]:
        raise ValueError("this is not the whole of a saved core")
    end = 8 + int.from_bytes(body[:8], "little")
    form, objects, counts = ast.literal_eval(body[8:end].decode())
    if form != layout():
        raise ValueError("this core was saved by a version with other arrays; replay the journal instead")
    empty = arrays_of(engine)
    arrays = {}
    for name, count in counts:
        size = count * empty[name].dtype.itemsize
        arrays[name] = np.frombuffer(body[end : end + size], empty[name].dtype)
        end += size
    take_up(engine, arrays, objects)
    return engine


cdef object roomy(array):
    """A copy that can be written and grows by doubling."""
    return copied(array, max(64, 1 << len(array).bit_length()))


cdef dict arrays_of(Engine engine):
    """The used part of each array; tables whole, as their length decides where things are."""
    ledger, book, ids = engine.ledger, engine.book, engine.client_ids
    return {
        "accounts": np.asarray(ledger.accounts)[: ledger.account_count],
        "balances": np.asarray(ledger.balances)[: ledger.balance_count],
        "orders": np.asarray(book.orders)[: book.order_room],
        "levels": np.asarray(book.levels)[: book.level_room],
        "markets": np.asarray(book.markets)[: book.market_count],
        "nodes": np.asarray(book.ladder.nodes)[: book.ladder.node_count],
        "tries": np.asarray(book.ladder.tries)[: book.ladder.trie_count],
        "client_ids": np.asarray(ids.ids)[: ids.room],
        "tiers": np.asarray(engine.listing.tiers),
        "trades": engine.error_trades.remembered(),
        "valuations": np.asarray(engine.exposure.valuations)[: engine.exposure.count],
        "expiries": np.array(engine.standing.expiries, EXPIRY),
    } | arrays_of_tables(engine)


cdef dict tables_of(Engine engine):
    ledger, book = engine.ledger, engine.book
    return {
        "account_slots": ledger.account_slots, "balance_slots": ledger.balance_slots, "order_slots": book.order_slots,
        "market_slots": book.market_slots, "client_homes": engine.client_ids.homes,
    }


cdef dict arrays_of_tables(Engine engine):
    tables = tables_of(engine).items()
    return {f"{name}_places": np.asarray((<Table> table).places) for name, table in tables} | {
        f"{name}_keys": np.asarray((<Table> table).keys) for name, table in tables
    }


cdef dict objects_of(Engine engine):
    """Everything that is not in an array."""
    ids = engine.client_ids
    return {
        "engine": (engine.out.sequence, engine.out.time_ns),
        "owed_atoms": engine.ledger.owed_atoms,
        "book": (engine.book.free_order, engine.book.free_level, engine.book.ladder.free_node),
        "client_ids": (ids.free_id, ids.first_ended, ids.last_ended, ids.next_free_ns),
        "listing": (
            engine.listing.assets, engine.listing.markets, sorted(engine.listing.codes), sorted(engine.listing.symbols),
        ),
        "sources": engine.origins.last,
        "holds": (engine.holds.highest_hold_id, engine.holds.holds),
        "legs": engine.transfers.legs,
        "trades": (engine.error_trades.first, engine.error_trades.after_last, engine.error_trades.oldest_ns),
        "matching": (engine.matching.trades, engine.matching.command),
        "forbidden": sorted(engine.gates.forbidden),
        "standing": (engine.standing.site_stopped, engine.standing.next_expiry_ns),
        "phases": (engine.phases.next_change_ns, engine.phases.scheduled, engine.phases.schedule),
        "placing": engine.placing.highest_order_id,
    }


cdef int take_up(Engine engine, dict arrays, dict objects) except -1:
    """Both of the above, the other way round, into an engine that has done nothing yet."""
    ledger, book, ids, trades = engine.ledger, engine.book, engine.client_ids, engine.error_trades
    ledger.accounts, ledger.account_count = roomy(arrays["accounts"]), len(arrays["accounts"])
    ledger.balances, ledger.balance_count = roomy(arrays["balances"]), len(arrays["balances"])
    for name, table in tables_of(engine).items():
        (<Table> table).take_up(arrays[f"{name}_places"], arrays[f"{name}_keys"])
    book.orders, book.order_room = roomy(arrays["orders"]), len(arrays["orders"])
    book.levels, book.level_room = roomy(arrays["levels"]), len(arrays["levels"])
    book.markets, book.market_count = roomy(arrays["markets"]), len(arrays["markets"])
    book.ladder.nodes, book.ladder.node_count = roomy(arrays["nodes"]), len(arrays["nodes"])
    book.ladder.tries, book.ladder.trie_count = roomy(arrays["tries"]), len(arrays["tries"])
    ids.ids, ids.room = roomy(arrays["client_ids"]), len(arrays["client_ids"])
    engine.listing.tiers = copied(arrays["tiers"], len(arrays["tiers"]))
    engine.exposure.valuations, engine.exposure.count = roomy(arrays["valuations"]), len(arrays["valuations"])
    engine.standing.expiries = arrays["expiries"].tolist()
    engine.out.sequence, engine.out.time_ns = objects["engine"]
    ledger.owed_atoms = objects["owed_atoms"]
    book.free_order, book.free_level, book.ladder.free_node = objects["book"]
    ids.free_id, ids.first_ended, ids.last_ended, ids.next_free_ns = objects["client_ids"]
    engine.listing.assets, engine.listing.markets = objects["listing"][:2]
    engine.listing.codes, engine.listing.symbols = map(set, objects["listing"][2:])
    engine.origins.last = objects["sources"]
    engine.holds.highest_hold_id, engine.holds.holds = objects["holds"]
    engine.transfers.legs = objects["legs"]
    trades.first, trades.after_last, trades.oldest_ns = objects["trades"]
    trades.take_up(arrays["trades"])
    engine.matching.trades, engine.matching.command = objects["matching"]
    engine.gates.forbidden = set(objects["forbidden"])
    engine.standing.site_stopped, engine.standing.next_expiry_ns = objects["standing"]
    engine.phases.next_change_ns, engine.phases.scheduled, engine.phases.schedule = objects["phases"]
    engine.placing.highest_order_id = objects["placing"]
    return 0
