"""The Interlock engine: it knows the estate, decides what may move, and carries it out.

Layers, from the ground up: ``model`` and ``errors``; the independent rooms ``plan``,
``drivers``, ``store``, ``transport`` and ``inventory``; ``runtime``, which joins them; ``api``
on top. Arrows point down only (import-linter contracts in pyproject.toml).
"""
