"""A handbook to search: questions of a person, documents that answer them, terms that miss."""
