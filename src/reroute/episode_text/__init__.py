"""How an episode is told: in one line, as a scene of steps, fit to print."""
