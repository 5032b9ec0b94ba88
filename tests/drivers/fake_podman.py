"""A podman for hosts that have none: a shell script on PATH that keeps containers in a folder.

It knows the words that the host script uses, and refuses all others. What a container runs is a
``sleep``; a name in a file makes a word of it fail, as a registry or a runtime would.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tests.drivers.box import Box

FAKE = """#!/bin/sh
D={folder}
echo "$*" >>"$D/calls"
die() {{ echo "Error: $1" >&2; exit 125; }}
[ ! -e "$D/fails.$1" ] || die "$(cat "$D/fails.$1")"
all=$*
last() {{ for last; do :; done; }}
last "$@"
c=$D/containers/$last
there() {{ [ -d "$c" ] || die "no such container $last"; }}
up() {{ # its process, and when it began
    HOME={home} setsid sleep 600 </dev/null >/dev/null 2>&1 &
    echo $! >"$c/pid"
    echo $(($(cat "$D/clock" 2>/dev/null || echo 0) + 1)) >"$D/clock"
    cat "$D/clock" >"$c/began"
    echo running >"$c/state"
    [ ! -e "$D/dies.$(cat "$c/image")" ] || {{ down; echo 1 >"$c/code"; }}
}}
down() {{ kill -9 "$(cat "$c/pid" 2>/dev/null || echo x)" 2>/dev/null; echo exited >"$c/state"; echo 143 >"$c/code"; }}
case $1-$2 in
container-inspect)
    there
    [ "$(cat "$c/state")" != running ] || kill -0 "$(cat "$c/pid")" 2>/dev/null || down
    printf '%s|%s|0|%s|%s|%s|%s|%s\\n' "$(cat "$c/state")" "$(cat "$c/code")" "$(cat "$c/id")" "$(cat "$c/began")" \\
        "$(cat "$c/folder")" "$(cat "$c/release")" "$(cat "$c/configuration")"
    ;;
image-inspect) cat "$D/images/$(echo "$last" | tr '/:' '__')" 2>/dev/null || die "no such image $last" ;;
pull-*)
    name=$(echo "$last" | tr '/:' '__')
    [ -e "$D/registry/$name" ] || die "initializing source docker://$last: manifest unknown"
    cat "$D/registry/$name" | tee "$D/images/$name" >"$D/images/$(cat "$D/registry/$name")"
    ;;
run-*)
    shift
    while :; do
        case $1 in
        --name) name=$2; shift ;;
        --label) key=${{2#interlock.}}; eval "l_${{key%%=*}}=\\${{2#*=}}"; shift ;;
        --env-file) cat "$2" >>"$D/environment"; stat -c %a "$2" >>"$D/modes"; shift ;;
        --*) ;;
        *) break ;;
        esac
        shift
    done
    c=$D/containers/$name
    [ ! -d "$c" ] || die "the container name $name is already in use"
    [ -e "$D/images/$1" ] || die "$1: image not known"
    mkdir -p "$c"
    echo "id$$" >"$c/id"
    echo "$1" >"$c/image"
    shift
    echo "$l_folder" >"$c/folder"; echo "$l_release" >"$c/release"; echo "$l_configuration" >"$c/configuration"
    printf '%s\\n' "$@" >"$c/arguments"
    echo created >"$c/state"; echo 0 >"$c/code"; echo 0 >"$c/began"
    for running in "$D/containers"/*; do
        [ "$running" = "$c" ] || [ "$(cat "$running/state")" != running ] || die "address already in use"
    done
    up
    ;;
rename-*) c=$D/containers/$2; last=$2; there; mv "$c" "$D/containers/$3" ;;
start-*) there; up ;;
restart-*) there; down; up ;;
stop-*) there; down ;;
rm-*) there; down; rm -rf "$c" ;;
rmi-*) rm -f "$D/images/$(echo "$last" | tr '/:' '__')" ;;
update-*) there; [ "$2" = --restart=unless-stopped ] && echo settled >"$c/policy" ;;
logs-*) there; echo "started $(cat "$c/release")" ;;
*) die "unknown words: $all" ;;
esac
"""


class FakePodman:
    """The registry and the runtime of one host, as files."""

    def __init__(self, box: Box, name: str = "podman") -> None:
        self.folder = box.folder / "podman"
        for each in ("containers", "images", "registry", "bin"):
            (self.folder / each).mkdir(parents=True, exist_ok=True)
        tool = self.folder / "bin" / name
        tool.write_text(FAKE.format(folder=self.folder, home=box.home))
        tool.chmod(0o755)
        box.path = f"{self.folder / 'bin'}:{box.path}"

    def publish(self, reference: str, image: str) -> None:
        """The registry serves that image under a reference."""
        (self.folder / "registry" / reference.replace("/", "_").replace(":", "_")).write_text(image)

    def fail(self, word: str, why: str = "") -> None:
        """From now on that word fails so ("" = no longer)."""
        file = self.folder / f"fails.{word}"
        file.write_text(why) if why else file.unlink()

    def kill_images(self, image: str) -> None:
        """Whatever runs that image ends at once."""
        (self.folder / f"dies.{image}").write_text("")

    def containers(self) -> dict[str, tuple[str, str]]:
        """Release and state of each container, by what its name ends with. One that is made, renamed or
        removed just now may be told of half."""
        found = {}
        for each in (self.folder / "containers").iterdir():
            with suppress(FileNotFoundError):
                found[each.name.partition("..")[2] or "current"] = self.read(each, "release"), self.read(each, "state")
        return found

    def calls(self, word: str) -> int:
        """How often that word was said."""
        file = self.folder / "calls"
        return sum(line.split()[0] == word for line in file.read_text().splitlines()) if file.exists() else 0

    def said(self, name: str) -> str:
        """One of the files that it writes."""
        return (self.folder / name).read_text()

    @staticmethod
    def read(container: Path, name: str) -> str:
        """One fact about a container."""
        return (container / name).read_text().strip()
