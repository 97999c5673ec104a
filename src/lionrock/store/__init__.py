"""The SQL engine and encryption at rest. Each room above owns its tables; this room owns how they are reached."""
