"""Coding runs: a small Python project in a temporary folder, an agent with the tools of one of the coding agents."""
