"""What may run beside what, and so who goes first: the interlocking itself, locksteps, bridges over
them, and the way back of a whole chain."""
