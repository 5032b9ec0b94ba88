"""The findings of ``check``: what the field calls anti-patterns, in an inventory that is valid.

Each finding is one small pure function; ``RULES`` is the one table of them.
"""

from __future__ import annotations

from engine.hygiene import dependencies, health, releases
from engine.hygiene.rule import Rule
from engine.model.finding import Finding, Severity
from engine.model.inventory import Inventory
from engine.model.release import Catalog

__all__ = ["RULES", "Finding", "Rule", "Severity", "check"]

RULES: tuple[Rule, ...] = (
    Rule("dependency-cycle", Severity.WARNING, dependencies.cycles),
    Rule("single-point-of-failure", Severity.WARNING, dependencies.single_points),
    Rule("across-domains", Severity.WARNING, dependencies.across_domains),
    Rule("placed-nowhere", Severity.WARNING, dependencies.placed_nowhere),
    Rule("exempt-from-soak", Severity.WARNING, dependencies.exempt_from_soak),
    Rule("unsatisfiable", Severity.WARNING, releases.unsatisfiable),
    Rule("equal-versions", Severity.ERROR, releases.equal_versions),
    Rule("no-artifact", Severity.WARNING, releases.no_artifact),
    Rule("no-digest", Severity.WARNING, releases.no_digest),
    Rule("no-health-check", Severity.WARNING, health.no_health_check),
    Rule("unreachable-deadline", Severity.ERROR, health.unreachable_deadline),
)


def check(inventory: Inventory, catalog: Catalog) -> list[Finding]:
    """Every finding, errors and warnings, by file and line. Asks no host and no engine."""
    found = [finding for rule in RULES for finding in rule.findings(inventory, catalog)]
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message))
