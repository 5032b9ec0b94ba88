# ---- inspect ----------------------------------------------------------------------------------

do_inspect() { # what this host is, has and lacks, for doctor. Changes nothing, needs no claim
    boot_id
    say boot "$boot"
    moment=$(date +%s.%N 2>/dev/null)
    case $moment in *[!0-9.]* | *. | '') moment=$(date +%s) ;; esac
    say clock "$moment"
    say login "$(id -un)"
    say uid "$(id -u)"
    say kernel "$(uname -sr)"
    for tool in tar sha256sum flock setsid curl wget busybox zstd systemctl podman docker; do
        command -v "$tool" >/dev/null 2>&1 && say tool "$tool"
    done
    [ ! -d /run/systemd/system ] || say init systemd
    head -c 100000 | while IFS=$TAB read -r key value; do
        case $key in
        base) is_path "$value" && inspect_base "$value" ;;
        user) is_name "$value" && id -u -- "$value" >/dev/null 2>&1 && say user "$value" ;;
        esac
    done
}

inspect_base() { # PATH: the nearest folder that exists on the way to it, and what may be done there
    base=$1
    service=.
    locate
    say base "$1"
    while [ ! -d "$base" ]; do
        base=${base%/*}
        base=${base:-/}
    done
    say folder "$base"
    [ -w "$base" ] && say writable yes || say writable no
    free_space "$base"
    say free "$free"
    say inodes "$inodes"
}
