"""The schema, step by step. Each step is a file in `versions`, and never changes once it was released."""
