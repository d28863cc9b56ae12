"""From a dataset to a fine-tuning job: check it, price it, submit it once, watch it.

``providers/`` has one module a provider; ``capabilities.toml`` holds every limit, price and date that may change.
"""
