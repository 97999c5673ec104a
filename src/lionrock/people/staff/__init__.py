"""The operator's people, apart from clients' users: roles, ways in, and what two of them must agree on."""
