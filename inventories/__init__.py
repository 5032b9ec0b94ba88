"""The inventories that ship with Interlock, as package data: ``acme`` is the sample
organization of ``interlock demo``; ``two-hosts`` (what ``interlock init`` writes),
``staging-and-prod`` and ``from-ansible`` are starting points for one's own."""
