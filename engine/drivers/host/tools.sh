# ---- small tools ------------------------------------------------------------------------------

first_line() { # FILE: its first line in $line, "" if there is none
    line=
    [ -r "$1" ] || return 1
    { IFS= read -r line <"$1"; } 2>/dev/null || [ "$line" ]
}

put_line() { # FILE TEXT: atomically, so that a reader sees the old or the new
    printf '%s\n' "$2" >"$1.$$" && mv -f -- "$1.$$" "$1"
}

same_file() { # FILE FILE: whether they hold the same
    if command -v cmp >/dev/null; then cmp -s -- "$1" "$2"; else [ "$(cat "$1")" = "$(cat "$2")" ]; fi
}

flush() { # FILE...: to the disk; old syncs know no files and flush everything
    sync -- "$@" 2>/dev/null || sync
}

nap() { # SECONDS; without the locks, so that a killed caller holds none
    sleep "$1" 7>&- 8>&- 9>&- 2>/dev/null || sleep 1 7>&- 8>&- 9>&-
}

uptime_cs() { # the host's monotonic clock in $now, in hundredths of a second
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}
    while :; do
        case $now in 0?*) now=${now#0} ;; *) break ;; esac
    done
}

seconds() { # MILLISECONDS: as a decimal in $secs
    secs=$(($1 % 1000 + 1000))
    secs=$(($1 / 1000)).${secs#1}
}

boot_id() { # in $boot
    first_line "${INTERLOCK_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}" || die 70 "cannot read the boot id"
    boot=$line
    case $boot in *[!A-Za-z0-9-]*) boot=$(printf '%s' "$line" | tr -cd 'A-Za-z0-9-') ;; esac
    [ "$boot" ] || die 70 "cannot read the boot id"
}

started_at() { # PID: its start in ticks since boot in $ticks, or failure if it does not run
    ticks=
    first_line "/proc/$1/stat" || return 1
    # shellcheck disable=SC2086
    set -- ${line##*)}
    [ $# -ge 20 ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
    ticks=${20}
}

is_alive() { # PID TICKS: whether that very process still runs (pids are used again)
    is_number "${1-}" && started_at "$1" && [ "$ticks" = "${2-}" ]
}

run_within() { # MILLISECONDS COMMAND...: killed when it takes longer
    limit=$(($1 / 1000 + ($1 % 1000 > 0)))
    shift
    if command -v timeout >/dev/null; then
        timeout -s KILL "$limit" "$@"
    else
        "$@" &
        limited=$!
        (
            sleep "$limit"
            kill -9 "$limited"
        ) >/dev/null 2>&1 &
        limiter=$!
        wait "$limited"
        limited=$?
        kill "$limiter" 2>/dev/null
        return "$limited"
    fi
}

link_to() { # LINK TARGET: switched atomically. mv -T, or what an old busybox has instead
    [ ! -e "$1" ] || [ -L "$1" ] || return 1
    { [ ! -e "$1.new" ] && [ ! -L "$1.new" ]; } || rm -f -- "$1.new" || return 1
    ln -s -- "$2" "$1.new" || return 1
    mv -fT -- "$1.new" "$1" 2>/dev/null && return 0
    [ ! -L "$1" ] || rm -f -- "$1"
    mv -f -- "$1.new" "$1"
}
