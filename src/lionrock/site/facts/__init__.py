"""What a running site tells its rules: its own facts, and those of its rooms, put together."""
