"""How others reach the venue. A gateway translates; it decides nothing that the core decides."""
