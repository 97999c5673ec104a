"""The one place that turns what was found out about a client into commands of the core. Start with `client_gates.py`."""
