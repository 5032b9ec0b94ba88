"""The findings of ``check``: what the field calls anti-patterns, in an inventory that is valid.

Each finding is one small pure function; ``RULES`` and, for what depends on the
time, ``TIMED_RULES`` are the tables of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from engine.hygiene import dependencies, health, history, locksteps, releases, strategies, windows
from engine.hygiene.rule import Rule, TimedRule
from engine.model.finding import Finding, Severity
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.release import Catalog

__all__ = ["NOT_DEPLOYED", "RULES", "TIMED_RULES", "Finding", "Rule", "Severity", "check", "from_history"]

RULES: tuple[Rule, ...] = (
    Rule("dependency-cycle", Severity.WARNING, dependencies.cycles),
    Rule("single-point-of-failure", Severity.WARNING, dependencies.single_points),
    Rule("across-domains", Severity.WARNING, dependencies.across_domains),
    Rule("placed-nowhere", Severity.WARNING, dependencies.placed_nowhere),
    Rule("exempt-from-soak", Severity.WARNING, dependencies.exempt_from_soak),
    Rule("lockstep-ahead", Severity.WARNING, locksteps.ahead),
    Rule("unsatisfiable", Severity.WARNING, releases.unsatisfiable),
    Rule("equal-versions", Severity.ERROR, releases.equal_versions),
    Rule("no-artifact", Severity.WARNING, releases.no_artifact),
    Rule("no-digest", Severity.WARNING, releases.no_digest),
    Rule("canary-is-everything", Severity.WARNING, strategies.canary_is_everything),
    Rule("domain-order", Severity.WARNING, strategies.domain_order_is_not_the_placement),
    Rule("no-health-check", Severity.WARNING, health.no_health_check),
    Rule("unreachable-deadline", Severity.ERROR, health.unreachable_deadline),
)

TIMED_RULES: tuple[TimedRule, ...] = (
    TimedRule("window-never-opens", Severity.ERROR, windows.never_opens),
    TimedRule("fits-no-window", Severity.ERROR, windows.fits_none),
    TimedRule("freeze-is-over", Severity.WARNING, windows.over),
)

NOT_DEPLOYED = "not-deployed-for-long"  # the rule that needs an engine's history


def from_history(inventory: Inventory, last: Mapping[InstanceId, datetime], now: datetime) -> list[Finding]:
    """What an engine's history adds: ``last`` is when each instance was last deployed."""
    rule = Rule(NOT_DEPLOYED, Severity.WARNING, lambda known, _: history.resting(known, last, now))
    return rule.findings(inventory, Catalog())


def check(inventory: Inventory, catalog: Catalog, now: datetime | None = None) -> list[Finding]:
    """Every finding, errors and warnings, by file and line. Asks no host and no engine. ``now``
    is what windows and freezes are judged by; without it, the time of this machine."""
    moment = now or datetime.now(UTC)
    rules = (*RULES, *(rule.at(moment) for rule in TIMED_RULES))
    found = [finding for rule in rules for finding in rule.findings(inventory, catalog)]
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message))
