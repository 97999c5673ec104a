"""Lionrock: a compliance-first digital-asset exchange.

The rooms, from the bottom up, and what each is for, stand in ARCHITECTURE.md. Start reading at `lionrock.words`.
"""

__version__ = "0.1.0"
