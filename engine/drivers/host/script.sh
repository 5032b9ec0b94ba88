# ---- driver: script ----------------------------------------------------------------------------

# The user's own commands: `apply` (the configuration's `run`) makes a version run, or nothing if none
# is given; `observe` prints the version that runs. An apply has a session of its own, so that what
# a killed job has left of one is ended before the next begins.

state_script() { # also $reported: the version that `observe` prints
    restarts=
    reported=
    if ! ask_observe; then
        unit=unknown
    elif [ "$seen" ]; then
        unit=running reported=$seen
    elif [ -L "$dir/current" ]; then
        unit=stopped why="observe says that nothing runs"
    else
        unit=absent why="nothing runs"
    fi
    ident=$reported
}

ask_observe() { # what `observe` prints, in $seen; failure, with $why, if it does not tell
    seen=
    said=$(
        cd -P -- "$dir/current" 2>/dev/null || cd -P -- "$dir" 2>/dev/null || cd /
        {
            {
                run_within "$h_observe_ms" sh -c "$h_observe" </dev/null 7>&- 8>&- 9>&-
                printf '\n=%s\n' "$?"
            } 2>&1 1>&3 | tail -n 1 | cut -c 1-300 | sed 's/^/!/'
        } 3>&1 | tail -c 2000
    )
    ended=$(printf '%s\n' "$said" | sed -n 's/^=//p' | tail -n 1)
    if [ "$ended" != 0 ]; then
        why="observe ended with status $ended: $(printf '%s\n' "$said" | sed -n 's/^!//p')"
        [ "$ended" != 137 ] || why="observe took longer than $h_observe_ms ms"
        return 1
    fi
    seen=$(printf '%s\n' "$said" | grep -v '^[=!]' | tr -d '\r' | grep . | head -n 1)
    seen=${seen#"${seen%%[! ]*}"}
    seen=${seen%"${seen##*[! ]}"}
    [ -z "$seen" ] || is_version "$seen" || {
        why="observe prints what is no version: $(printf '%.80s' "$seen")"
        seen=
        return 1
    }
}

start_script() {
    applied=$(readlink "$dir/current")
    apply_version "${applied##*/}"
}

stop_script() { # with the configuration in force; without one nothing was ever applied
    [ ! -f "$own/configuration/run" ] || apply_version ""
}

apply_version() { # VERSION, "" for none: 0 once its command has ended well; else $why
    end_apply
    apply_ms=$(sed -n "s/^apply_ms$TAB//p" "$own/configuration/health" 2>/dev/null)
    is_number "$apply_ms" || apply_ms=60000
    mkdir -p -- "$own/script" || return 1
    cap_log "$own/script/log"
    run_apply "$1" &
    applying=$!
    uptime_cs
    limit=$((now + apply_ms / 10))
    pause=20
    while started_at "$applying"; do
        uptime_cs
        if [ "$now" -ge "$limit" ]; then
            end_apply
            wait "$applying" 2>/dev/null
            why="apply took longer than $apply_ms ms and was ended"
            return 1
        fi
        seconds "$pause"
        nap "$secs"
        [ "$pause" -ge 400 ] || pause=$((pause * 2))
    done
    wait "$applying"
    ended=$?
    rm -f -- "$own/script/apply"
    [ "$ended" -ne 0 ] || return 0
    why="apply ended with status $ended: $(tail -n 1 "$own/script/log" | clean_log)"
    return 1
}

run_apply() { # VERSION; who it is stands in a file before the command begins
    release=
    [ -z "$1" ] || release=$(readlink -f "$dir/current")
    cd -P -- "$dir/current" 2>/dev/null || cd -P -- "$dir" || exit 70
    # shellcheck disable=SC2016
    exec env -i PATH="$PATH" HOME="${HOME:-/}" USER="${USER:-}" LOGNAME="${LOGNAME:-}" \
        INTERLOCK_VERSION="$1" INTERLOCK_RELEASE="$release" \
        setsid sh -c 'cat "/proc/$$/stat" >"$0" && exec sh "$1"' "$own/script/apply" "$own/configuration/run" \
        </dev/null >>"$own/script/log" 2>&1 7>&- 8>&- 9>&-
}

end_apply() { # one that is still at work: asked first, killed two seconds later
    first_line "$own/script/apply" || return 0
    pid=${line%% *}
    # shellcheck disable=SC2086
    set -- ${line##*)}
    began=${20-}
    uptime_cs
    patience=$((now + 200))
    signal=TERM
    while is_alive "$pid" "$began"; do
        kill "-$signal" "-$pid" 2>/dev/null
        uptime_cs
        [ "$now" -lt "$patience" ] || signal=KILL
        nap 0.1
    done
    rm -f -- "$own/script/apply"
}

install_script() { :; }

log_script() { # LINES [SINCE, a length of the log]
    [ -f "$own/script/log" ] || return 0
    tail -c "+$((${2:-0} + 1))" "$own/script/log" | tail -n "$1"
}

adopt_observed() { # what runs without Interlock becomes a release, so that it can be put back
    [ "$driver" = script ] && [ "$from" = - ] || return 0
    read_health "$made"
    ask_observe && [ "$seen" ] || return 0
    if [ ! -e "$dir/releases/$seen" ]; then
        mkdir -p -- "$dir/releases/$seen" && put_line "$dir/releases/$seen/.interlock-release" adopted || return 0
    fi
    link_to "$dir/current" "releases/$seen" && from=$seen
}
