"""Commands: what the words of a command run, call and need, and what they are there for."""
