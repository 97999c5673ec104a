"""Endpoints for the operator's people, under /lionrock/v1/staff."""
