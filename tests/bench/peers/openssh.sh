#!/usr/bin/env bash
# The floor: the plain OpenSSH client, one pipe to each host and all hosts at once; nothing is checked.
# openssh.sh SSH_CONFIG SERVICE VERSION PORT ARTIFACT UNIT HOST...
set -uo pipefail
config=$1 service=$2 version=$3 port=$4 artifact=$5 unit=$6
shift 6

there="
set -e
cd /opt; sudo mkdir -p $service/releases/$version
sudo tar -xzf - -C $service/releases/$version
printf '%s\n' '$(cat "$unit")' | sudo tee /etc/systemd/system/$service.service >/dev/null
sudo ln -sfn releases/$version $service/next && sudo mv -T $service/next $service/current
sudo systemctl daemon-reload && sudo systemctl restart $service
for _ in \$(seq 100); do
    [ \"\$(curl -fs http://127.0.0.1:$port/VERSION)\" != $version ] || exit 0
    sleep 0.1
done
exit 1"

waiting=()
for host in "$@"; do
    ssh -F "$config" "$host" "$there" <"$artifact" &
    waiting+=($!)
done
failed=0
for pid in "${waiting[@]}"; do wait "$pid" || failed=1; done
exit $failed
