# ---- steps: judging ----------------------------------------------------------------------------

judge() { # 0 once it has been healthy long enough; else $why
    since=
    streak=0
    pause=100
    known=
    looked=
    worst=
    uptime_cs
    patience=$((now + 100))
    while :; do
        [ -e "$own/armed" ] || return 1
        if check_once; then
            uptime_cs
            [ "$since" ] || since=$now pause=100
            streak=$((streak + 1))
            held=$(((now - since) * 10))
            [ "$streak" -lt "$h_passes" ] || [ "$held" -lt "$min_healthy_ms" ] || return 0
            why="it was healthy for only $held ms of $min_healthy_ms ms${worst:+; before that: $worst}"
        else
            uptime_cs
            since=
            streak=0
            worst=$why
            [ -z "$final" ] || return 1
        fi
        left=$(((deadline - now) * 10))
        [ "$left" -gt 0 ] || return 1
        next=$pause
        [ "$next" -lt "$left" ] || next=$left
        if [ "$since" ] && [ "$streak" -ge $((h_passes - 1)) ]; then
            left=$((min_healthy_ms - held + 10))
            [ "$left" -gt "$next" ] || [ "$left" -le 10 ] || next=$left
        fi
        seconds "$next"
        nap "$secs"
        pause=$((pause * 2))
        [ "$pause" -lt "$h_interval" ] || pause=$h_interval
    done
}

check_once() { # alive, not restarted since the last look, its check passes, and it is what it should be
    look_at_unit
    [ "$unit" = running ] || return 1
    if [ "$known" ] && [ "$known" != "$ident" ]; then
        known=$ident
        why="the process ended and was restarted"
        return 1
    fi
    known=$ident
    if [ "$driver" = script ] && [ "$reported" != "$version" ]; then
        why="observe reports $reported, not $version"
        return 1
    fi
    # only at first: what listens may be somewhere else, behind the host's own forwarding
    [ "$now" -ge "$patience" ] || ! nobody_listens || return 1
    probe_health || return 1
    [ "$h_version" ] || return 0
    ask_version
    [ "$reported" != "$version" ] || return 0
    why="$h_version reports ${reported:-no version}, not $version"
    return 1
}

look_at_unit() { # what systemd said within the last second holds as long as its process is still the same
    uptime_cs
    if [ "$driver" = systemd ]; then
        [ "$looked" ] && [ $((now - looked)) -lt 100 ] && is_alive "$main" "$main_ticks" && return 0
        looked=$now
    fi
    unit_state
    [ "$driver" = systemd ] || return 0
    if [ "$unit" = running ] && started_at "$pid"; then main=$pid main_ticks=$ticks; else looked=; fi
}

await_confirmation() { # 0 if `armed` is gone: confirmed, or fired by somebody else
    uptime_cs
    until_cs=$((now + confirm_ms / 10))
    pause=50
    while [ -e "$own/armed" ]; do
        uptime_cs
        [ "$now" -lt "$until_cs" ] || return 1
        next=$(((until_cs - now) * 10))
        [ "$next" -lt "$pause" ] || next=$pause
        seconds "$next"
        nap "$secs"
        [ "$pause" -ge 400 ] || pause=$((pause * 2))
    done
    return 0
}
