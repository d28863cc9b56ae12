"""Everything that is shown: lines and tables for a person, JSON for a machine. Stages return the data."""
