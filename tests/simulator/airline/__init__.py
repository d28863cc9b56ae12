"""A small airline desk: an API over SQLite with real rules, a person who wants something, an agent who serves them."""
