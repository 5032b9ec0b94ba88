"""From the protocol's shapes to text for a terminal: pure functions, one file a noun."""
