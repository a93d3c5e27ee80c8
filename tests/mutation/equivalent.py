"""Mutants that decide as the engine does, each with the reason why nothing can tell them apart."""

REASONS = {}
