"""The embedded fleet: real SSH servers on loopback, real processes, no root, in one process of
its own; and the sample organization that runs on it. What ``interlock demo`` shows and what
the tests of everything else roll out to.
"""
