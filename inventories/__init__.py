"""The inventories that ship with Interlock, as package data: ``acme`` is the sample
organization of ``interlock demo``, ``two-hosts`` a starting point for one's own."""
