"""What every stage that talks to a service over HTTP shares: the openai client, errors, retry policy, addresses."""
