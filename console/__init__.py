"""What people see: the command line (``cli``) and the full-screen console (``tui``).

Both are clients of the engine's HTTP interface and hold no logic of their own.
"""
