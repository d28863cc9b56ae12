"""An optional model that votes on doubtful episodes; its votes are signals and decide nothing."""
