"""What is found out about a client before and while it trades: risk, knowledge, profile, limits, evidence, agreements.

Start with `terms.py` (the numbers), then `standing.py` (what follows from everything together). Outcomes reach the
core through `lionrock.compliance.gates` alone.
"""
