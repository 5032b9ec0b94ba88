# ---- places and locks -------------------------------------------------------------------------

locate() { # the placement's folders, from $base and $service
    case $base in
    /*) ;;
    *) base=${HOME:?}/$base ;;
    esac
    dir=$base/$service
    own=$dir/.interlock
}

lock_within() { # FD MILLISECONDS [-s]: the lock in that descriptor, waiting at most so long
    seconds "$2"
    # shellcheck disable=SC2086
    flock -E 9 ${3-} -w "$secs" "$1" 2>/dev/null && return 0
    [ $? -ne 9 ] || return 1
    uptime_cs
    until_cs=$((now + $2 / 10))
    # a flock without -w (busybox)
    # shellcheck disable=SC2086
    while ! flock ${3-} -n "$1" 2>/dev/null; do
        uptime_cs
        [ "$now" -lt "$until_cs" ] || return 1
        nap 0.1
    done
}

lock_base() { # the lock under which everything is decided
    { [ -e "$base/.interlock/lock" ] || true >>"$base/.interlock/lock"; } 2>/dev/null
    [ -r "$base/.interlock/lock" ] || die 70 "cannot open $base/.interlock/lock"
    exec 7<"$base/.interlock/lock"
    lock_within 7 20000 || die 70 "waited 20 s for $base/.interlock/lock"
}

unlock_base() { exec 7>&-; }

open_job() { # the service's lock as descriptor 9, not taken yet
    { [ -e "$own/job" ] || true >>"$own/job"; } 2>/dev/null
    [ -r "$own/job" ] || die 70 "cannot open $own/job"
    exec 9<"$own/job"
}

holder() { # of the claim on $base, in $held
    held=
    first_line "$base/.interlock/claim.$organization" && held=$line
    :
}

fence() { # under lock_base: only the holder of the claim goes on
    holder
    [ "$held" != "$store $epoch $engine" ] || return 0
    say holder "$held"
    answer fenced "this host obeys ${held:-nobody yet}, not $store $epoch $engine"
}

enter() { # what every verb that changes something begins with: placed, locked, fenced
    need organization store epoch engine driver base service
    locate
    holder
    if [ -z "$held" ]; then
        fence
    fi
    lock_base
    fence
    finish_replacing
}
