"""Migrations, oldest first by their names."""
