"""One rollout under way: its stages and batches, bakes, hooks and failures, and what pauses or closes it."""
