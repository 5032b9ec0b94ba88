#!/usr/bin/env python3
"""An inventory that a program prints, as those of cloud providers do."""

import json
import sys

HOSTVARS = {"app-1": {"ansible_host": "10.9.1.1", "serving": True, "cpus": 4}, "app-2": {"ansible_host": "10.9.1.2"}}

if sys.argv[1:] == ["--list"]:
    groups = {
        "web": {"hosts": ["app-1", "app-2"], "vars": {"role": "web"}},
        "prod": {"children": ["web"]},
        "eu-a": {"children": ["web"]},
    }
    print(json.dumps({**groups, "_meta": {"hostvars": HOSTVARS}}))
