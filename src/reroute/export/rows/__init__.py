"""From the steps of a run to a row: cut, rendered as messages, masked, with tools and answer."""
