"""Registers of what must be written down and told in time: incidents, complaints, changes, patches."""
