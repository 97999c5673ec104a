"""The one place that turns what was found out about a client into commands. Start with `client_gates.py`."""
