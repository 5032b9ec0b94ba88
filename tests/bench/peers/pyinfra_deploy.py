"""The same job for pyinfra: ``pyinfra INVENTORY pyinfra_deploy.py``, with what to deploy in JOB, as JSON.
It runs in pyinfra's own environment and is never imported here.
"""

from __future__ import annotations

import json
import os

from pyinfra.operations import files, server

job = json.loads(os.environ["JOB"])
service, version, port = job["service"], job["version"], job["port"]
base = f"/opt/{service}"
packed = f"{base}/{version}.tar.gz"
well = f'[ "$(curl -fs http://127.0.0.1:{port}/VERSION)" = {version} ]'

files.directory(name="A folder for it", path=f"{base}/releases/{version}", _sudo=True)
files.put(name="The artifact", src=job["artifact"], dest=packed, _sudo=True)
files.put(name="The unit", src=job["unit"], dest=f"/etc/systemd/system/{service}.service", _sudo=True)
server.shell(
    name="Unpacked, switched, restarted and well",
    commands=[
        f"tar -xzf {packed} -C {base}/releases/{version}",
        f"ln -sfn releases/{version} {base}/next && mv -T {base}/next {base}/current",
        f"systemctl daemon-reload && systemctl restart {service}",
        f"for _ in $(seq 100); do {well} && exit 0; sleep 0.1; done; exit 1",
    ],
    _sudo=True,
)
