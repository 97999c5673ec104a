"""Addresses of three kinds of chain: examples of their standards, and what is not one."""

from __future__ import annotations

import pytest

from lionrock.custody.addresses import (
    ChainKind,
    bitcoin_test_address,
    evm_address,
    is_well_formed,
    same_destination,
    tron_address,
)

BITCOIN, EVM, TRON = ChainKind.BITCOIN, ChainKind.EVM, ChainKind.TRON

GOOD = [
    (BITCOIN, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),  # BIP 173
    (BITCOIN, "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7"),  # BIP 173
    (BITCOIN, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),  # BIP 350
    (BITCOIN, "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    (BITCOIN, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    (EVM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),  # EIP-55
    (EVM, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),  # EIP-55
    (EVM, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
]

BAD = [
    (BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),  # BIP 173: wrong checksum
    (BITCOIN, "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du"),  # BIP 350: version 2 with the checksum of version 0
    (BITCOIN, "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4"),  # BIP 350: wrong character
    (BITCOIN, "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"),
    (BITCOIN, "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"),
    (BITCOIN, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    (BITCOIN, ""),
    (BITCOIN, "1"),
    (BITCOIN, "0OIl"),
    (BITCOIN, "１BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    (BITCOIN, "1" * 5000),
    (EVM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"),
    (EVM, "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    (EVM, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"),
    (EVM, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\n"),
    (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"),
    (TRON, "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
]


@pytest.mark.shows("WALL-127")
def test_addresses_of_the_standards_are_taken() -> None:
    assert [row for row in GOOD if not is_well_formed(*row)] == []


@pytest.mark.shows("WALL-127")
def test_what_is_no_address_is_not() -> None:
    assert [row for row in BAD if is_well_formed(*row)] == []


@pytest.mark.parametrize("account", [bytes(20), bytes(range(20)), b"\xff" * 20])
def test_what_is_written_is_well_formed_for_its_chain_alone(account: bytes) -> None:
    written = {BITCOIN: bitcoin_test_address(account), EVM: evm_address(account), TRON: tron_address(account)}
    for kind, address in written.items():
        assert [other for other in ChainKind if is_well_formed(other, address)] == [kind]


def test_one_destination_has_one_spelling() -> None:
    right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert {same_destination(EVM, text) for text in (right, right.lower(), "0x" + right[2:].upper())} == {right}
    assert same_destination(BITCOIN, "BC1QAB") == "bc1qab"
    assert same_destination(TRON, "TR7N") == "TR7N"
