"""Who somebody says to be: machine readable zones, numbers with check digits, addresses, and what does not fit together."""
