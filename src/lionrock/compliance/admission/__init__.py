"""Which tokens are offered to whom: applications, the committee's votes, indices, and what follows for the core."""
