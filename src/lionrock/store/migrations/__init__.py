"""The schema of site.sqlite, step by step; a data directory is brought up to date when it is opened."""
