"""What the sample organization's artifacts hold: one small HTTP server (``server.py``, run by
itself as ``python -I -S``, never imported) and the wrapper that starts it."""
