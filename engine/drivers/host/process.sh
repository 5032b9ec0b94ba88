# ---- driver: process ---------------------------------------------------------------------------

# Without systemd: a supervisor in its own session, and the service in another. Both carry a mark
# in their environment, by which they are found again whatever became of their pid files.

state_process() {
    first_line "$own/process/child" || line=
    # shellcheck disable=SC2086
    set -- $line
    ident=$line
    restarts=${3-}
    if is_alive "${1-}" "${2-}"; then
        unit=running
        return
    fi
    first_line "$own/process/supervisor" || line=
    # shellcheck disable=SC2086
    set -- $line
    if is_alive "${1-}" "${2-}"; then
        unit=failed why="the process has ended and is being restarted ($ident)"
    elif [ -e "$own/process/wanted" ]; then
        unit=failed why="neither the process nor its supervisor runs"
    elif [ -L "$own/configuration" ]; then
        unit=stopped why="the process is stopped"
    elif [ ! -L "$dir/current" ]; then
        unit=absent why="nothing is installed"
    elif [ "$(strangers)" ]; then
        unit=running ident=adopted
    else
        unit=stopped why="no process runs in $dir"
    fi
}

marked() { # NAME FILE: pids whose environment carries the mark NAME of this service, and FILE's
    (
        set +f
        grep -l -z -x -F -e "$1=$dir;" /proc/[0-9]*/environ 2>/dev/null
    ) | sed 's|^/proc/\([0-9]*\)/.*|\1|'
    first_line "$own/process/$2" || return 0
    # shellcheck disable=SC2086
    set -- $line
    ! is_alive "${1-}" "${2-}" || echo "$1"
}

strangers() { # pids of what was started here by somebody else, persons' shells left out
    real=$(cd -P -- "$dir" 2>/dev/null && pwd -P) || return 0
    (
        set +f
        ls -ld /proc/[0-9]*/cwd 2>/dev/null
    ) | sed -n "s|^.* /proc/\([0-9]*\)/cwd -> \(.*\)\$|\1 \2/|p" | while read -r pid place; do
        case $place in "$real"/*) ;; *) continue ;; esac
        first_line "/proc/$pid/stat" || continue
        # shellcheck disable=SC2086
        set -- ${line##*)}
        [ "${5-1}" = 0 ] && [ "$1" != Z ] && echo "$pid"
    done
}

start_process() {
    stop_process
    { mkdir -p -- "$own/process" && true >"$own/process/mine"; } 2>/dev/null || return 1
    uptime_cs
    token=$now.$$
    put_line "$own/process/wanted" "$token" || return 1
    cap_log "$own/process/log"
    INTERLOCK_SUPERVISES="$dir;" setsid sh "$own/host.sh" supervise base="$base" service="$service" token="$token" \
        </dev/null >>"$own/process/log" 2>&1 7>&- 8>&- 9>&- &
    supervisor=$!
    started_at "$supervisor"
    put_line "$own/process/supervisor" "$supervisor $ticks"
}

stop_process() { # no supervisor first, so that nothing is restarted; then the process groups
    rm -f -- "$own/process/wanted"
    for pid in $(marked INTERLOCK_SUPERVISES supervisor); do
        kill -KILL "$pid" 2>/dev/null
    done
    adopted=
    [ -e "$own/process/mine" ] || adopted=yes
    uptime_cs
    patience=$((now + 500))
    signal=TERM
    told=
    pause=0.02
    while :; do
        pids=$(marked INTERLOCK_RUNS child)
        [ -z "$adopted" ] || pids="$pids $(strangers)"
        # shellcheck disable=SC2086
        set -- $pids
        [ $# -gt 0 ] || break
        uptime_cs
        if [ "$now" -ge "$patience" ]; then
            signal=KILL told=
            [ "$now" -lt $((patience + 500)) ] || return 1
        fi
        for pid in "$@"; do
            case " $told " in *" $pid "*) continue ;; esac
            kill "-$signal" "-$pid" 2>/dev/null # its group, if it leads one
            kill "-$signal" "$pid" 2>/dev/null
            told="$told $pid"
        done
        nap "$pause"
        pause=0.1
    done
    rm -f -- "$own/process/supervisor" "$own/process/child"
}

do_supervise() { # keeps the service running until `wanted` no longer holds the token given
    locate
    log=$own/process/log
    (
        while sleep 60; do cap_log "$log"; done
    ) </dev/null >/dev/null 2>&1 &
    restarts=0
    backoff=500
    while first_line "$own/process/wanted" && [ "$line" = "$token" ]; do
        run=$(readlink -f "$own/configuration/run")
        if [ "$run" ] && cd -P -- "$dir/current"; then
            env -i PATH="$PATH" HOME="${HOME:-/}" USER="${USER:-}" LOGNAME="${LOGNAME:-}" INTERLOCK_RUNS="$dir;" \
                setsid sh "$run" &
            child=$!
            started_at "$child"
            put_line "$own/process/child" "$child $ticks $restarts"
            uptime_cs
            began=$now
            wait "$child"
            echo "interlock: the process ended with status $?"
            uptime_cs
            [ $((now - began)) -lt 1000 ] || backoff=500
        fi
        seconds "$backoff"
        sleep "$secs"
        [ "$backoff" -ge 8000 ] || backoff=$((backoff * 2))
        restarts=$((restarts + 1))
        cap_log "$log"
    done
    exit 0
}

install_process() { :; }

cap_log() { # FILE: its last part only; the writers append, so it may be cut under them
    [ -f "$1" ] && [ "$(wc -c <"$1")" -gt $((LOG_MAX * 2)) ] || return 0
    tail -c "$LOG_MAX" "$1" >"$1.tail" && cat "$1.tail" >"$1"
    rm -f -- "$1.tail"
}

log_process() { # LINES [SINCE, a length of the log]
    [ -f "$own/process/log" ] || return 0
    tail -c "+$((${2:-0} + 1))" "$own/process/log" | tail -n "$1"
}
