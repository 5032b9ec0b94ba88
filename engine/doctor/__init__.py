"""Looks at every host before anyone relies on it, and says what is wrong and what to do."""
