"""What people write wrong in policies about people; rows as in ``mistakes``."""

from __future__ import annotations

POLICIES = [
    # Who has to say yes, what a change has to carry, what may be lifted.
    (
        "{per_team: 1}",
        "{}, approvals: {a: {from: [team:paymnts]}}",
        24,
        "unknown-name: policies.approvals.a.from.0: no t",
    ),
    (
        "{per_team: 1}",
        "{}, approvals: {a: {from: [team:payments], count: 2}}",
        24,
        "2 can never approve: there is only ana",
    ),
    (
        "{per_team: 1}",
        "{}, approvals: {a: {count: 0}}",
        24,
        "policies.approvals.a.count: expected a whole number from 1",
    ),
    ("{per_team: 1}", "{}, approvals: {a: {four_eyes: yes}}", 24, "a.four_eyes: expected true or false, found 'yes'"),
    (
        "{per_team: 1}",
        "{}, approvals: {a: {applies_to: {teams: [x]}}}",
        24,
        "approvals.a.applies_to.teams.0: no team is",
    ),
    (
        "{per_team: 1}",
        "{}, evidence: {t: {key: ticket}}",
        24,
        "missing: policies.evidence.t.pattern: missing; expected: wha",
    ),
    (
        "{per_team: 1}",
        '{}, evidence: {t: {key: t, pattern: "["}}',
        24,
        "evidence.t.pattern: '[' is not a regular expression",
    ),
    (
        "{per_team: 1}",
        '{}, evidence: {t: {key: t, pattern: "(a+)+"}}',
        24,
        "pattern: '(a+)+' repeats a group that holds",
    ),
    (
        "{per_team: 1}",
        "{}, overrides: {gates: [windw], who: [ana]}",
        24,
        "overrides.gates.0: expected a gate (alarm, approval, ",
    ),
    (
        "{per_team: 1}",
        "{}, overrides: {gates: [Lockstep], who: [ana]}",
        24,
        "Lockstep can never be overridden: it keeps",
    ),
    ("{per_team: 1}", "{}, overrides: {gates: [dependency], who: [ana]}", 24, "dependency can never be overridden"),
    (
        "{per_team: 1}",
        "{}, overrides: {gates: [limit]}",
        24,
        "missing: policies.overrides.who: missing; expected: who may",
    ),
    (
        "{per_team: 1}",
        "{}, overrides: {gates: [limit], who: []}",
        24,
        "overrides.who: names nothing, so nobody could overri",
    ),
    (
        "{per_team: 1}",
        "{}, overrides: {gates: [limit], who: [ana], max: 0s}",
        24,
        "overrides.max: expected a duration long",
    ),
    # Who may do what.
    ("ssh:", "roles: {admin: [root], deployer: [team:paymnts]}\nssh:", 5, "unknown-name: roles.deployer.0: no team is"),
    (
        "ssh:",
        "roles: {admin: [root], deployer: [{who: ana, environments: [prd]}]}\nssh:",
        5,
        "unknown-name: roles.deployer.0.environments.0: no environment is called 'prd'; did you mean prod?",
    ),
    (
        "ssh:",
        "roles: {admin: [root], deployer: [{who: ana, services: [legder]}]}\nssh:",
        5,
        "unknown-name: roles.deployer.0.services.0: no service is called 'legder'; did you mean ledger?",
    ),
    ("ssh:", "roles: {admin: [root], deployer: [{services: own}]}\nssh:", 5, "missing: roles.deployer.0.who: missing"),
    ("ssh:", "roles: {admin: [root], boss: [ana]}\nssh:", 5, "unknown-key: roles.boss: unknown key"),
    ("ssh:", "roles: {deployer: [ana]}\nssh:", 5, "value: roles: no admin is named"),
    ("ssh:", "roles:\nssh:", 5, "value: roles: no admin is named"),
]
