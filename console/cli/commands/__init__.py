"""One file for each noun of the command line; loaded only when one of its verbs is typed."""
