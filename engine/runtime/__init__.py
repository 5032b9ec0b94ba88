"""The imperative shell: looks, plans, records, acts, looks again.

``engine`` holds the loop, ``executor`` carries out one move, ``observer`` looks at hosts,
``ports`` names what the outside must provide (time, chance, fresh names).
"""
