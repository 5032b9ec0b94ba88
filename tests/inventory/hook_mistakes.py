"""What people write wrong in hooks and secrets; rows as in ``mistakes``."""

from __future__ import annotations

HOOKS = [
    (
        'environment_variables: {PORT: "80"}',
        "secrets: {PORT: {}}",
        19,
        "services.checkout.secrets.PORT: expected exactly one of env and file, found none of them",
    ),
    (
        'environment_variables: {PORT: "80"}',
        "secrets: {PORT: {env: A, file: b}}",
        19,
        "services.checkout.secrets.PORT: expected exactly one of env and file, found both",
    ),
    (
        'environment_variables: {PORT: "80"}',
        "environment_variables: {PORT: 1}\n    secrets: {PORT: {env: A}}",
        20,
        "conflict: services.checkout.secrets.PORT: PORT is in environment_variables too; leave it there or make it a s",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    hooks: {prre: {}}\n",
        19,
        "services.checkout.hooks.prre: unknown key; did you mean pre",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    hooks: {pre: {}}\n",
        19,
        "missing: services.checkout.hooks.pre.command: missing; exp",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    hooks: {pre: {command: []}}\n",
        19,
        "services.checkout.hooks.pre: expected a command such as [bin/drain, --wait], found nothing",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    hooks: {pre: {command: [a], on: hh1}}\n",
        19,
        "services.checkout.hooks.pre.on: no host is called 'hh1'; did you mean h1?",
    ),
    (
        "bin/checkout\n",
        "bin/checkout\n    hooks: {undrain: {command: [a]}}\n",
        19,
        "services.checkout.hooks: undrain without drain: it runs after a drain only; declare drain too",
    ),
]
