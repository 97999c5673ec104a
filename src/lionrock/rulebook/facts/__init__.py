"""What a control may ask. A fact is a frozen struct of whole numbers, text and flags, without personal data: people are
opaque ids. Amounts of money are in minor units (cents) of a named currency, or in atoms of a named asset.
"""

from lionrock.rulebook.facts.capital import CapitalPosition
from lionrock.rulebook.facts.clients import AgreementVersion, ClientRecord, OrderGateSetting, StandingAuthority
from lionrock.rulebook.facts.custody import Cover, CustodySplit, TransferInformation, Valued
from lionrock.rulebook.facts.general import (
    Attested,
    GateWired,
    Obligation,
    RecordClass,
    RecordShape,
    Setting,
    Watched,
)
from lionrock.rulebook.facts.ledger import AssetSum, EntityAccount, MovementTally, RecordProof
from lionrock.rulebook.facts.staff import StaffRecord
from lionrock.rulebook.facts.tokens import IndexMembership, TokenRecord

__all__ = [
    "AgreementVersion",
    "AssetSum",
    "Attested",
    "CapitalPosition",
    "ClientRecord",
    "Cover",
    "CustodySplit",
    "EntityAccount",
    "GateWired",
    "IndexMembership",
    "MovementTally",
    "Obligation",
    "OrderGateSetting",
    "RecordClass",
    "RecordProof",
    "RecordShape",
    "Setting",
    "StaffRecord",
    "StandingAuthority",
    "TokenRecord",
    "TransferInformation",
    "Valued",
    "Watched",
]
