"""An episode in words, for terminal, review and report alike: one line, a timeline of steps, the names of calls."""
