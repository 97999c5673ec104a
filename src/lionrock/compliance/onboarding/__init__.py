"""How a person or a company becomes a client, and stops being one. Start with `states.py`, then `onboarding.py`."""
