"""What people write wrong in secrets; rows as in ``mistakes``."""

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
]
