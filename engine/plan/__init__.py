"""The decisions: pure functions from a snapshot to a plan. No clock, no I/O, no chance.

``planner.plan`` is the whole; ``sequence`` holds the rules of order, ``gates`` one function
a gate, ``evolve`` folds events into state, ``requests`` judges what operators ask.
"""
