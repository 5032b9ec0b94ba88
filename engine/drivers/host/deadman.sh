# ---- the dead man's switch ----------------------------------------------------------------------

read_mark() { # the switch that is armed or being reversed, in m_*; $mark says which
    mark=
    for name in armed reversing; do # in the order in which it goes from one to the other
        first_line "$own/$name" || continue
        mark=$name
        # shellcheck disable=SC2086
        set -- $line
        m_step=${1-} m_boot=${2-} m_from=${3-} m_configuration=${4-}
        is_name "$m_step" && return 0
    done
    return 1
}

cause() { # RESULT DETAIL [LOG]: why the step will be reversed; the first to say it is believed
    [ -e "$mine/cause" ] && return 0
    {
        say result "$1"
        say detail "$2"
        [ -z "${3-}" ] || printf '%s\n' "$3" | sed "s/^/log$TAB/"
    } >"$mine/cause.$$" && mv -f -- "$mine/cause.$$" "$mine/cause"
}

fire() { # the one rename that decides; failure if the confirmation was first
    lock_base
    mv -f -- "$own/armed" "$own/reversing" 2>/dev/null
    fired=$?
    flush "$own"
    unlock_base
    return "$fired"
}

reverse() { # `reversing` is there, `job` is held: put the previous release back. May be repeated.
    read_mark || return 0
    mine=$own/steps/$m_step
    mkdir -p -- "$mine"
    untouched=
    if [ "${1-}" = look ] && [ "$m_boot" = "$boot" ]; then
        current_release
        now_configuration=$(readlink "$own/configuration" 2>/dev/null)
        now_configuration=${now_configuration##*/}
        [ "$from/${now_configuration:--}" != "$m_from/$m_configuration" ] || untouched=yes
    fi
    why=
    l_step=
    if read_former "$m_step"; then
        rejoin_former
    elif [ -z "$untouched" ]; then
        [ "$m_from" != - ] || stop_service
        put_in_place "$m_from" "$m_configuration" || return 1 # `reversing` stays: whoever looks next tries again
        [ "$m_from" = - ] || [ "$at_boot" = yes ] || start_service
    fi
    {
        cat "$mine/cause" 2>/dev/null
        if [ "$l_step" ]; then
            say detail "what runs in $l_base was put back${why:+, but it does not start: $why}"
        elif [ "$m_from" = - ]; then
            say detail "nothing was installed before, so it was stopped"
        else
            say detail "release $m_from was put back${why:+, but it does not start: $why}"
        fi
    } >"$mine/result.$$" && mv -f -- "$mine/result.$$" "$mine/result" || return 1 # not told, not over
    flush "$mine/result"
    mv -f -- "$own/reversing" "$mine/reversed"
    flush "$own"
    rm -f -- "$own/working" "$own/leaving"
}

do_recover() { # whoever finds a dead step: takes the service's lock, or leaves it to who has it
    need driver base service
    locate
    [ -d "$own" ] || exit 0
    trap '' HUP PIPE
    boot_id
    open_job
    flock -n 9 || exit 0
    recover
    exit 0
}

recover() { # under the service's lock: nobody is at work here, so what is armed is dead
    looked=
    if read_mark; then
        mine=$own/steps/$m_step
        mkdir -p -- "$mine"
        if [ "$m_boot" != "$boot" ]; then
            cause rebooted "the host was restarted before the step was confirmed"
        elif [ -e "$mine/result" ]; then
            cause unconfirmed "healthy, but its job was killed before a confirmation came"
        else
            cause lost "the step's job was killed"
        fi
        if [ "$mark" = armed ]; then
            looked=look
            fire || return 0
        fi
        reverse "$looked" || return 0
    elif first_line "$own/leaving"; then
        finish_leaving
    fi
    [ "$step" ] && [ -d "$own/steps/$step" ] && [ ! -e "$own/steps/$step/result" ] || return 0
    mine=$own/steps/$step
    first_line "$mine/started"
    if [ "$line" = "$boot" ]; then
        publish lost "the step's job was killed before it switched anything"
    else
        publish rebooted "the host was restarted before the step switched anything"
    fi
}

do_watch() { # the backstop: acts when the job has died, or hangs past every deadline
    need driver base service step
    locate
    trap '' HUP PIPE
    boot_id
    open_job
    asked=$step
    if read_mark && [ "$m_step" = "$asked" ]; then
        uptime_cs
        # shellcheck disable=SC2086
        set -- $line
        left=$(((${7:-0} - now) * 10 + 5000))
        [ "$left" -gt 0 ] || left=1
        if ! lock_within 9 "$left"; then
            first_line "$own/steps/$asked/job"
            # shellcheck disable=SC2086
            set -- $line
            ! is_alive "${1-}" "${2-}" || kill -KILL "$1"
            lock_within 9 10000 || exit 0
        fi
        step=
        recover
    fi
    exit 0
}
