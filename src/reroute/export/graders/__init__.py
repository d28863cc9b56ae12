"""Graders of reinforcement rows: loaded, and tried on every dataset."""
