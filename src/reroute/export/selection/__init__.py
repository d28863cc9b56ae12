"""Which candidates and which rows are taken: eligible, without duplicates, within the caps."""
