#!/bin/sh
# Starts this release's server with the interpreter that made the artifact, else any python3.
release=${0%/*}/..
python=@PYTHON@
[ -x "$python" ] || python=python3
exec "$python" -I -S "$release/lib/server.py" "$release" "$@"
