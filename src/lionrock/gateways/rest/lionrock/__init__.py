"""Our own part of the interface, under /lionrock/v1: what the contract has no words for."""
