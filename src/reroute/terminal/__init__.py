"""Episodes on a terminal: as a line each, and one in full."""
