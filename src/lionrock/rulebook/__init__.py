"""Licence regimes as data, controls as functions, evidence of every run. Facts come from the rooms above, by a port.

Start with `rule.py` (what a row of a pack is), then `control.py` (what a control is), then `facts/` (what it may ask).
"""
