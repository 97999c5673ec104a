"""What arrives from chains and what is to leave on them: deposits, withdrawals, transfers of an owner."""
