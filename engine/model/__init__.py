"""Frozen data with no I/O: what exists, what was seen, what was asked, what happened.

Nothing here imports asyncio, time, random or a database; the clock and fresh ids always
come from outside. Every other package may import this one; it imports only ``errors``.
"""
