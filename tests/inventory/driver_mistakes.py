"""Mistakes in what only some drivers have: what is written instead of the command, and the finding."""

from __future__ import annotations

IMAGE = "image: registry.example/app:{version}"
SCRIPT = "driver: script\n    observe: [bin/which]\n    apply: [bin/apply]"
ENDS = "expected an image that ends with {version}"

DRIVERS = [
    (
        "bin/checkout\n",
        "bin/checkout\n    driver: container\n",
        19,
        "services.checkout.image: missing; expected: an image",
    ),
    ("bin/checkout\n", f"bin/checkout\n    {IMAGE}\n", 19, "the systemd driver has no image; remove it, or use driver"),
    (
        "command: bin/checkout\n",
        f"driver: container\n    {IMAGE}\n    user: ana\n",
        20,
        "the container driver has no user; remove it, or use driver: systemd",
    ),
    ("command: bin/checkout", f"driver: container\n    {IMAGE}", 24, "the container driver has no artifact; remove it"),
    ("command: bin/checkout", "driver: container\n    image: app:latest", 19, f"{ENDS}, such as"),
    ("command: bin/checkout", "driver: container\n    image: '--rm {version}'", 19, ENDS),
    ("command: bin/checkout", f"driver: container\n    {IMAGE}\n    command: it's", 20, "no closing quotation"),
    (
        "command: bin/checkout",
        f"driver: container\n    {IMAGE}\n    options: [app]",
        20,
        "in one word, such as --publish",
    ),
    ("command: bin/checkout", f"driver: container\n    {IMAGE}\n    options: ['-v /:/x']", 20, "in one word, such as"),
    (
        "command: bin/checkout",
        f"driver: container\n    {IMAGE}\n    options: [--name=x]",
        20,
        "set by Interlock itself",
    ),
    (
        "command: bin/checkout",
        f"driver: container\n    {IMAGE}\n    options: ['-p{{prot}}']",
        20,
        "no placeholder is called",
    ),
    ("command: bin/checkout", "driver: script", 18, "missing: services.checkout.apply: missing; expected: a command"),
    ("command: bin/checkout", f"{SCRIPT}\n    command: bin/x", 21, "the script driver has no command; remove it"),
    ("command: bin/checkout", f"{SCRIPT}\n    apply_timeout: 1h", 21, "expected less than rollout.healthy_deadline"),
    (
        "command: bin/checkout",
        "driver: script\n    apply: [bin/apply]\n    observe: [bin/which, '{version}']",
        20,
        "it is to find out which version runs",
    ),
]
