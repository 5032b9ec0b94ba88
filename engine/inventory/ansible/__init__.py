"""An Ansible inventory -> its hosts, with groups and variables as Ansible would give them.

Own readers rather than Ansible's: it is large, and it forgets on which line a host stands.
What they have to agree with is ``ansible-inventory --list`` (the tests compare).
"""
