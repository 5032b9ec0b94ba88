"""A sound inventory, and a table of what people write wrong in it."""

from __future__ import annotations

BASE = """\
organization: acme
environments: {prod: {}, staging: {}}
teams: {payments: {members: [ana]}}
domains: {eu: {eu-a: {}, eu-b: {}}}
ssh: {user: deploy}
hosts:
  h1: {address: 10.0.0.1, environment: prod, domain: eu-a, labels: {role: pay}}
  h2: {address: 10.0.0.2, environment: staging, domain: eu-b, labels: {role: web}}
services:
  ledger:
    team: payments
    placement: {hosts: [h1, h2]}
    command: bin/ledger
  checkout:
    team: payments
    labels: {tier: "1"}
    placement: {role: pay}
    command: bin/checkout
    environment_variables: {PORT: "80"}
    needs: [{service: ledger, version: ">=2", when: ">=1"}]
    health: {http: "http://127.0.0.1/ok"}
    rollout: {max_parallel: 1}
    artifact: {path: "a/checkout-{version}.tar.gz"}
policies: {limits: {per_team: 1}}
"""

DURATION = "expected a duration such as 500ms, 10s, 5m, 1h30m or 2d, found"
PLACEMENT = "expected labels such as {role: pay}, {hosts: [...]}, or one of these for each environment"

# What is written, what is written instead, the line, and how the finding goes on after it.
TABLE = [
    # Ranges that nothing can lie in.
    *(
        (
            'version: ">=2"',
            f'version: "{text}"',
            20,
            f"constraint: services.checkout.needs.0.version: '{text}' admits no version at all",
        )
        for text in (">=5,<4", ">1,<=1", "==2,<1", "==1,==2")
    ),
    # The document itself.
    ("organization: acme", "", 1, "missing: organization: missing; expected: the name of the whole estate"),
    ("organization: acme", "organization: [acme]", 1, "name: organization: a name holds only letters"),
    ("organization: acme", "organization: a b", 1, "name: organization: a name holds only letters"),
    ("teams:", "taems:", 3, "unknown-key: taems: unknown key; did you mean teams?"),
    ("teams:", "include: {}\nteams:", 3, "type: include: expected a list such as [{ansible: hosts.ini}]"),
    ("environments: {prod: {}, staging: {}}", "environments:", 2, "missing: environments: missing; expected at least"),
    ("environments: {prod", "environments: {hosts: {}, prod", 2, "name: environments.hosts: this name has a meaning"),
    (
        "{prod: {}, st",
        "{prod: {after: stagin}, st",
        2,
        "unknown-name: environments.prod.after: no environment is called",
    ),
    ("{prod: {}, st", "{prod: {soak: 1h}, st", 2, "conflict: environments.prod.soak: prod comes after no environment"),
    (
        "{prod: {}, staging: {}}",
        "{prod: {after: staging}, staging: {after: prod}}",
        2,
        "conflict: environments.prod.after: prod after staging after prod: nothing could ever come first",
    ),
    (
        "{prod: {}, st",
        "{prod: {after: prod}, st",
        2,
        "conflict: environments.prod.after: prod after prod: nothing could",
    ),
    ("prod: {}, st", "prod: {}, 'a/b': {}, st", 2, "name: environments.a/b: a name holds only letters, digits and"),
    ("{payments: {members: [ana]}}", "[payments]", 3, "type: teams: expected a mapping of keys, found a list"),
    ("[ana]", "ana", 3, "type: teams.payments.members: expected a list, found 'ana'"),
    ("[ana]", "[{a: b}]", 3, "value: teams.payments.members.0: expected text, found a mapping of keys"),
    ("{user: deploy}", "{user: deploy, sudo: yes}", 5, "value: ssh.sudo: expected true or false, found 'yes'"),
    ("{user: deploy}", "{port: 70000}", 5, "value: ssh.port: expected a whole number from 1 to 65535, found '70000'"),
    ("{user: deploy}", "{user: 'a b'}", 5, "value: ssh.user: expected the name of a user on the host, found 'a b'"),
    (
        "{user: deploy}",
        "{jump: h3}",
        5,
        "unknown-name: ssh.jump: no host is called 'h3'; known: h1, h2 (or write user@",
    ),
    ("policies: {", "policies: {alarms: {a: {}}, ", 24, "value: policies.alarms.a: expected exactly one of prometheus"),
    ("policies: {", "policies: {alarms: {a: {http: x}}, ", 24, "value: policies.alarms.a.http: expected a URL such as"),
    (
        "policies: {",
        'policies: {alarms: {a: {prometheus: "http://p"}}, ',
        24,
        "value: policies.alarms.a: prometheus and query go together",
    ),
    (
        "policies: {",
        'policies: {alarms: {a: {http: "http://p", applies_to: {teams: [paymets]}}}, ',
        24,
        "unknown-name: policies.alarms.a.applies_to.teams.0: no team is called 'paymets'; did you mean payments?",
    ),
    (
        "policies: {",
        'policies: {alarms: {a: {http: "http://p", for: soon}}, ',
        24,
        "value: policies.alarms.a.for: expec",
    ),
    ("per_team: 1", "unavailable: ten", 24, "value: policies.limits.unavailable: expected"),
    ("per_team: 1", "unavailable_per_domain: 0%", 24, "value: policies.limits.unavailable_per_domain: expected"),
    ("per_team: 1", "per_team: 0", 24, "value: policies.limits.per_team: expected a whole number from 1 to 1000000"),
    ("per_team: 1", "per_environment: {prd: 1}", 24, "unknown-name: policies.limits.per_environment.prd: no environ"),
    ("per_team: 1", "per_label: {tier=2: 1}", 24, "unknown-name: policies.limits.per_label.tier=2: no service label"),
    # Failure domains and hosts.
    ("eu-b: {}}", "eu-a: {}}", 4, "duplicate: domains.eu.eu-a: written twice; first at inventory.yaml:4"),
    ("eu-b: {}}}", "eu-b: {eu-a: {}}}}", 4, "duplicate: domains.eu.eu-b.eu-a: a domain of this name stands at inv"),
    ("eu-b: {}}", "eu-b: 1}", 4, "type: domains.eu.eu-b: expected a mapping of domains"),
    ("domain: eu-b", "domain: eu-x", 8, "unknown-name: hosts.h2.domain: no domain is called 'eu-x'; did you mean eu-"),
    ("environment: staging", "environment: stagng", 8, "did you mean staging?"),
    ("address: 10.0.0.2, ", "", 8, "missing: hosts.h2.address: missing; expected: the IP address or name"),
    ("10.0.0.2", "10.0.0.1", 8, "conflict: hosts.h2: 10.0.0.1 port 22 is already the address of h1 (inventory.yaml:7)"),
    ("10.0.0.2", "'-oProxyCommand=x'", 8, "value: hosts.h2.address: expected an IP address or a host's name"),
    ("h2: {", "'h[1-2]': {", 8, "range: hosts.h[1-2].address: the host's name stands for 2 hosts, the address for 1"),
    ("h2: {", "'h[2-1]': {", 8, "range: hosts.h[2-1]: the range ends at 1, before it begins at 2"),
    ("h2: {", "'h[1-99999]': {", 8, "range: hosts.h[1-99999]: the range holds more than 10,000 names"),
    ("h2: {", "'h[01-100]': {", 8, "range: hosts.h[01-100]: 01 and 100 must have the same number of digits"),
    ("h2: {", "'h[a-c]': {", 8, "range: hosts.h[a-c]: expected one range such as [01-12]"),
    ("h2: {", "'h 2': {", 8, "name: hosts.h 2: a name holds only letters, digits and . _ - and begins with"),
    ("h2: {address: 10.0.0.2", "'h[1-2]': {address: '10.0.0.[1-2]'", 8, "duplicate: hosts.h[1-2]: host h1 stands alre"),
    # A service: what it is.
    ("  checkout:\n", "  '1st':\n", 14, "name: services.1st: the name of a service begins with a letter"),
    ("  checkout:\n", "  a..b:\n", 14, "name: services.a..b: a name holds no two dots in a row"),
    ("  checkout:\n", "  'a@b':\n", 14, "name: services.a@b: a name holds only letters, digits and . _ -"),
    (
        "team: payments\n    labels",
        "team: paymnts\n    labels",
        15,
        "no team is called 'paymnts'; did you mean payments?",
    ),
    (
        "team: payments\n    labels",
        "labels",
        14,
        "missing: services.checkout.team: missing; expected: the team that owns",
    ),
    (
        "    command: bin/checkout\n",
        "",
        14,
        "missing: services.checkout.command: missing; expected: a command, or unit:",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    unit: a.service\n",
        19,
        "conflict: services.checkout.unit: either command or",
    ),
    ("command: bin/checkout", "unit: no.service", 18, "file: cannot read "),
    ("command: bin/checkout", "command: ''", 18, "value: services.checkout.command: expected text, found nothing"),
    ("command: bin/checkout", 'command: "a\\nb"', 18, "expected one line of printable text, found 'a\\nb'"),
    (
        "bin/checkout\n",
        "bin/checkout\n    driver: sytemd\n",
        19,
        "expected systemd or process or container or script, found 'sytemd'",
    ),
    (
        "command: bin/checkout",
        "driver: process",
        18,
        "missing: services.checkout.command: missing; expected: what to run",
    ),
    ("bin/checkout\n", "bin/checkout\n    driver: process\n    user: ana\n", 20, "the process driver has no user"),
    ("bin/checkout\n", "bin/checkout\n    base: var\n", 19, "expected an absolute path without '..', found 'var'"),
    ("bin/checkout\n", "bin/checkout\n    base: /a/../b\n", 19, "expected an absolute path without '..'"),
    (
        "{PORT:",
        "{a-b:",
        19,
        "value: services.checkout.environment_variables.a-b: expected a variable's name such as PORT",
    ),
    (
        'PORT: "80"',
        "PORT: [80]",
        19,
        "value: services.checkout.environment_variables.PORT: expected text, found a list",
    ),
    ("{version}.tar.gz", "1.tar.gz", 23, "value: services.checkout.artifact.path: expected {version} exactly once"),
    ("artifact: {path", "artifact: {url", 23, "value: services.checkout.artifact.url: expected a URL"),
    (
        "artifact: {path",
        "artifact: {pth",
        23,
        "unknown-key: services.checkout.artifact.pth: unknown key; did you mean path?",
    ),
    # A service: where it runs.
    ("{role: pay}\n", "{rol: pay}\n", 17, "no host has a label called 'rol'; did you mean role?"),
    ("{role: pay}\n", "[h1]\n", 17, f"type: services.checkout.placement: {PLACEMENT}"),
    ("{role: pay}\n", "{prd: {role: pay}}\n", 17, "placement.prd: no environment is called 'prd'; did you mean prod?"),
    (
        "{role: pay}\n",
        "{prod: {role: web}}\n",
        17,
        "placement: services.checkout.placement.prod: no host of prod has these",
    ),
    ("{role: pay}\n", "{prod: {hosts: [h2]}}\n", 17, "placement.prod: h2 belongs to staging, not to prod"),
    ("{role: pay}\n", "{hosts: [h1], role: pay}\n", 17, "placement.role: either hosts or labels, not both"),
    ("{role: pay}\n", "{hosts: [h1, h1]}\n", 17, "duplicate: services.checkout.placement.hosts.1: h1 is named twice"),
    ("{role: pay}\n", "{hosts: [hh1]}\n", 17, "placement.hosts.0: no host is called 'hh1'; did you mean h1?"),
    ("{role: pay}\n", "{hosts: []}\n", 17, "placement.hosts: expected a list of hosts such as [web-1, web-2]"),
    ("{role: pay}\n", "{role: pay, prod: {role: pay}}\n", 17, "placement.role: no environment is called 'role'"),
    ("{role: pay}\n", "{prod: pay, staging: {role: web}}\n", 17, "placement.prod: expected labels such as {role: pay}"),
    # A service: needs.
    (
        "service: ledger,",
        "service: legder,",
        20,
        "services.checkout.needs.0.service: no service is called 'legder'; did you",
    ),
    ("service: ledger,", "service: checkout,", 20, "services.checkout.needs.0.service: a service cannot need itself"),
    ("service: ledger,", "external: stripe,", 20, "services.checkout.needs.0: an external has no version"),
    ('">=2"', '"2 or so"', 20, "constraint: services.checkout.needs.0.version: '2 or so' is not a version constraint"),
    ('">=1"', '"=1"', 20, "constraint: services.checkout.needs.0.when: '=1' is not a version constraint"),
    ('">=2"', '">=2"\n    versions: opaque', 21, "this is not YAML"),
    (
        "[h1, h2]",
        "[h2]",
        20,
        "checkout is placed in prod and needs ledger, which has no placement there; place it, or move",
    ),
    ("bin/ledger\n", "bin/ledger\n    versions: opaque\n", 21, "'>=2' compares opaque versions: only == is possible"),
    ("bin/ledger\n", "bin/ledger\n    versions: semver\n", 21, "'>=2' names 2, which is not a semver version"),
    ("bin/ledger\n", "bin/ledger\n    versions: calver\n", 14, "expected pep440 or semver or opaque, found 'calver'"),
    (
        "[{service: ledger",
        "[1, {service: ledger",
        20,
        "services.checkout.needs.0: expected a mapping of keys, found '1'",
    ),
    # A service: health and rollout.
    ("http: ", "tcp: 80, http: ", 21, "expected exactly one of http, tcp and command, found http and tcp"),
    ('{http: "http://127.0.0.1/ok"}', "{}", 21, "expected exactly one of http, tcp and command, found none of them"),
    ('http: "http://127.0.0.1/ok"', "tcp: 0", 21, "health.tcp: expected a port, or ADDRESS:PORT, found '0'"),
    (
        "http://127",
        "ftp://127",
        21,
        "health.http: expected a URL such as http://127.0.0.1:8080/healthz, found 'ftp://127",
    ),
    ('"http://127.0.0.1/ok"', '"http://a/", interval: 0', 21, "expected a duration longer than 0, found '0'"),
    ('"http://127.0.0.1/ok"', '"http://a/", command: x', 21, "health.command: expected a list, found 'x'"),
    (
        "max_parallel: 1",
        "max_paralel: 1",
        22,
        "unknown-key: services.checkout.rollout.max_paralel: unknown key; did you",
    ),
    ("max_parallel: 1", "prestage: maybe", 22, "value: services.checkout.rollout.prestage: expected true or false"),
    ("max_parallel: 1", "canary: -1", 22, "value: services.checkout.rollout.canary: expected 0, a count such as 2"),
    ("max_parallel: 1", "max_failures: 101%", 22, "value: services.checkout.rollout.max_failures: expected 0, a count"),
    (
        "max_parallel: 1",
        "domain_order: [eu-c]",
        22,
        "unknown-name: services.checkout.rollout.domain_order.0: no domain",
    ),
    (
        "max_parallel: 1",
        "domain_order: [eu, eu-a]",
        22,
        "conflict: services.checkout.rollout.domain_order.1: eu-a lies in eu, which comes before it",
    ),
    ("max_parallel: 1", "domain_order: [eu, eu]", 22, "value: services.checkout.rollout: expected each domain once"),
    ("max_parallel: 1", "auto_promote: false", 22, "value: services.checkout.rollout: auto_promote: false waits for a"),
    ("max_parallel: 1", "first_domain_bake: 1m", 22, "value: services.checkout.rollout: first_domain_bake goes with"),
    (
        "max_parallel: 1",
        "max_parallel: 0",
        22,
        "expected a count such as 2, or a percentage from 1% to 100%, found '0'",
    ),
    ("max_parallel: 1", "max_parallel: 101%", 22, "expected a count such as 2, or a percentage from 1% to 100%, found"),
    ("max_parallel: 1", "min_healthy_time: 10", 22, f"rollout.min_healthy_time: {DURATION} '10'"),
    (
        "max_parallel: 1",
        "healthy_deadline: 5s",
        22,
        "expected min_healthy_time < healthy_deadline < progress_deadline, fo",
    ),
    ("max_parallel: 1", "progress_deadline: 367d", 22, "expected a duration of at most 366d, found '367d'"),
    ("max_parallel: 1", "progress_deadline: 1m1h", 22, f"{DURATION} '1m1h'"),
]
