"""Bugs planted on purpose, to see which tests notice (mutation testing, after DeMillo, Lipton and Sayward 1978):
``make mutants``. Each is a small edit of the text of one file, chosen from the code alone by somebody who had not
read the tests, in a copy of the tree; the working tree is never touched.
"""

from __future__ import annotations

from tests.proof.mutants import api, host, plan, runtime, store
from tests.proof.mutants.mutant import Mutant

# What is broken by area, in the order of the table.
AREAS: dict[str, tuple[Mutant, ...]] = {
    "plan": plan.MUTANTS,
    "runtime": runtime.MUTANTS,
    "host script": host.MUTANTS,
    "store": store.MUTANTS,
    "api": api.MUTANTS,
}
