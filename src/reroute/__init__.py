"""Reroute: failure-and-recovery episodes from agent traces, as small fine-tuning datasets."""

__version__ = "0.1.0"
