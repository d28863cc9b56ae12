"""Tagging: from lake parts to features, findings, episodes, labels and scores."""
