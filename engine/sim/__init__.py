"""The seeded simulation: the real engine against simulated hosts, links and time."""
