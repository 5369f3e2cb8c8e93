"""Scaffolding: the small project around a blueprint, written once and then owned by its user."""
