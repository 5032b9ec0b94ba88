"""The journal: every event, durable before the deed, in one SQLite file with one writer."""
