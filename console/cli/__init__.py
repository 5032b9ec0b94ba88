"""The command ``interlock``: thin commands over ``engine.api.client``.

``main`` is the entry, ``grammar`` what click is taught (global options anywhere, commands
loaded when named), ``session`` what a command runs with, ``offline`` the only door to the
engine's own code. The commands stand in ``commands``, one noun a file; every one of them is
felt by its imports, so nothing heavy is loaded here.
"""
