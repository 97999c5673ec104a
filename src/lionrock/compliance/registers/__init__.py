"""Registers of what must be answered or told in time: complaints, incidents, changes that a regulator hears of."""
