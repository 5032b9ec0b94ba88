"""The host script run for real, and goldens of all that is said to it and read from it."""
