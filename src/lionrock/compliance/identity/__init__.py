"""Who somebody says to be: machine readable zones, numbers with check digits, addresses; what does not fit together."""
