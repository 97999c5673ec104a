"""How addresses of three kinds of chain are written: what a checksum says about one, and how one is made.

Bitcoin: Base58Check, Bech32 (BIP 173) and Bech32m (BIP 350). EVM: 20 bytes in hexadecimal with the letter case of
EIP-55. Tron: Base58Check of 0x41 and 20 bytes. That an address is well formed says nothing about whose it is.
"""

from __future__ import annotations

import re
from enum import StrEnum

from Crypto.Hash import keccak
from embit import base58, bech32
from embit.base import EmbitError

_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_TRON_VERSION = 0x41
_BITCOIN_VERSIONS = {0x00, 0x05, 0x6F, 0xC4}
"""To a key and to a script, on the main network and on test networks."""
_BITCOIN_PREFIXES = {"bc", "tb", "bcrt"}
"""The main network, test networks and regression tests."""
_ACCOUNT_BYTES = 20
MAX_ADDRESS_LENGTH = 100
"""A Bech32 address has at most 90 characters."""


class ChainKind(StrEnum):
    """Chains whose addresses are written alike."""

    BITCOIN = "BITCOIN"
    EVM = "EVM"
    TRON = "TRON"


def is_well_formed(kind: ChainKind, address: str) -> bool:
    """Whether the text is an address of such a chain, checksum included.

    An EVM address in one letter case carries no checksum and is let pass (EIP-55); one in mixed case must be right.
    """
    if not address.isascii() or len(address) > MAX_ADDRESS_LENGTH:
        return False
    if kind is ChainKind.EVM:
        if not _HEXADECIMAL.fullmatch(address):
            return False
        digits = address[2:]
        return digits in (digits.lower(), digits.upper()) or address == evm_address(bytes.fromhex(digits))
    try:
        if kind is ChainKind.TRON:
            decoded = base58.decode_check(address)
            return len(decoded) == 1 + _ACCOUNT_BYTES and decoded[0] == _TRON_VERSION
        return _is_bitcoin(address)
    except (EmbitError, ValueError):
        return False


def _is_bitcoin(address: str) -> bool:
    prefix = address.lower().rpartition("1")[0]
    if prefix in _BITCOIN_PREFIXES:
        version, _ = bech32.decode(prefix, address)
        return version is not None
    decoded = base58.decode_check(address)
    return len(decoded) == 1 + _ACCOUNT_BYTES and decoded[0] in _BITCOIN_VERSIONS


def same_destination(kind: ChainKind, address: str) -> str:
    """One spelling for all spellings of a well-formed address: letter case of EVM and Bech32 does not matter."""
    if kind is ChainKind.EVM:
        return evm_address(bytes.fromhex(address[2:]))
    if kind is ChainKind.BITCOIN and address.isupper():
        return address.lower()
    return address


def evm_address(account: bytes) -> str:
    """20 bytes as EIP-55 writes them: a letter is capital where the hash of the lowercase text has 8 or more."""
    digits = account.hex()
    digest = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, digest, strict=False)
    )


def tron_address(account: bytes) -> str:
    """20 bytes as Tron writes them."""
    return str(base58.encode_check(bytes([_TRON_VERSION]) + account))


def bitcoin_test_address(key_hash: bytes) -> str:
    """A pay-to-witness-public-key-hash address of 20 bytes for regression-test networks, where coins have no worth."""
    return str(bech32.encode("bcrt", 0, key_hash))
