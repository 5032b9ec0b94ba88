# ---- steps: the job ---------------------------------------------------------------------------

do_job() {
    locate
    steps=$own/steps
    mine=$steps/$step
    trap '' HUP PIPE
    exec 8<"$mine/lock"
    flock -n 8 || exit 0
    open_job
    lock_within 9 10000 || exit 0
    [ ! -e "$mine/result" ] || exit 0
    started_at $$
    put_line "$own/working" "$step"
    put_line "$mine/job" "$$ $ticks"
    boot_id
    find_fetcher
    from_configuration=
    "job_$act"
    rm -f -- "$own/working"
    tidy
    { [ "$driver" = systemd ] && [ "${units-}" ]; } && systemctl stop --no-block -- "interlock-guard-$units.timer" 2>/dev/null
    exit 0
}

publish() { # RESULT [DETAIL [LOG]]: kept for ever, and whoever waits gets it
    {
        say result "$1"
        [ -z "${2-}" ] || say detail "$2"
        [ -z "${3-}" ] || printf '%s\n' "$3" | sed "s/^/log$TAB/"
    } >"$mine/result.$$" && mv -f -- "$mine/result.$$" "$mine/result"
    rm -f -- "$mine/bundle"
}

give_up() { # SENTENCE: before anything was switched
    publish failed "$1"
    rm -f -- "$own/working"
    exit 0
}

remember() { # FROM TO
    moment=$(date +%s)
    printf '%s\t%s\t%s\t%s\n' "$step" "$1" "$2" "$moment" >>"$own/history"
}

current_release() { # in $from, - if there is none
    from=$(readlink "$dir/current" 2>/dev/null)
    from=${from%/}
    from=${from##*/}
    from=${from#.good.} # half way through being replaced
    is_version "$from" || from=-
}

job_switch() {
    [ -d "$dir/releases/$version" ] || give_up "release $version is not on this host: stage it first"
    if [ -e "$dir/current" ] && [ ! -L "$dir/current" ]; then
        give_up "$dir/current is not a link that Interlock could switch: move it away"
    fi
    current_release
    write_configuration || give_up "cannot write the configuration below $own (is the disk full?)"
    adopt_observed
    from_configuration=$(readlink "$own/configuration" 2>/dev/null)
    from_configuration=${from_configuration##*/}
    if [ -z "$from_configuration" ]; then
        from_configuration=-
        [ "$from" = - ] || adopt
    fi
    guard_boots
    note_former || give_up "cannot write $own/leaving (is the disk full?): nothing was switched"
    arm || give_up "cannot write $own/armed (is the disk full?): nothing was switched"
    uptime_cs
    deadline=$((now + healthy_deadline_ms / 10))
    carry_out
}

write_configuration() { # the bundle, as files of configurations/STEP; those without a line are left out
    made=$own/configurations/$step
    new=$own/configurations/.new.$$
    { [ ! -e "$new" ] && [ ! -e "$made" ]; } || rm -rf -- "$new" "$made"
    mkdir -- "$new" && sort_bundle || return 1
    { [ "$user" = "" ] || [ ! -e "$new/secrets" ] || [ "$user" = "$(id -un)" ]; } || chown -- "$user" "$new/secrets" || return 1
    printf '%s\n' "$configuration" >"$new/digest" && sum_of "$new" && printf '%s\n' "$sum" >"$new/sum" &&
        mv -f -- "$new" "$made" && rm -f -- "$mine/bundle"
}

sort_bundle() { # each line into the file that it is of; what holds values is for its owner alone
    is_path "$dir" || ! grep -q "^unit$TAB" "$mine/bundle" || return 1
    (umask 077 && sed -n \
        -e "/^run$TAB/{s///;w $new/run" -e 'd;}' \
        -e "/^env$TAB/{s///;w $new/env" -e 'd;}' \
        -e "/^secrets$TAB/{s///;w $new/secrets" -e 'd;}' \
        -e "/^unit$TAB/{s///;s|@SERVICE_DIR@|$dir|g;w $new/unit" -e 'd;}' \
        -e "w $new/health" -e "/^check$TAB/{s///;w $new/check" -e '}' "$mine/bundle") || return 1
    set -- "$new/health"
    for part in unit check; do [ ! -s "$new/$part" ] || set -- "$@" "$new/$part"; done
    { [ "$driver" = systemd ] && [ -s "$new/run" ]; } && set -- "$@" "$new/run"
    chmod 644 -- "$@" || return 1
    set --
    for part in run env unit check secrets; do [ -s "$new/$part" ] || set -- "$@" "$new/$part"; done
    rm -f -- "$@"
}

sum_of() { # CONFIGURATION: in $sum one digest of all its files, by which an edit shows
    sum=$(
        for part in run env unit check secrets health digest; do
            [ ! -f "$1/$part" ] || while IFS= read -r text || { printf '%s' "$text" && break; }; do
                printf '%s\n' "$text"
            done <"$1/$part"
            printf '\n%s\n' "$part"
        done 2>/dev/null | sha256sum
    )
    sum=${sum%% *}
    [ "$sum" ]
}

read_health() { # the health part of a configuration folder, into h_*
    clear_spec
    while IFS= read -r text; do
        spec_line "${text%%"$TAB"*}" "${text#*"$TAB"}"
    done <"$1/health"
}

adopt() { # what Interlock did not deploy becomes something that can be put back
    [ -e "$dir/releases/$from/.interlock-release" ] || put_line "$dir/releases/$from/.interlock-release" adopted
    kept=$own/configurations/adopted
    mkdir -p -- "$kept" || return 0
    from_configuration=adopted
    if [ "$driver" = systemd ]; then
        [ ! -f "$UNITS/$service.service" ] || cat "$UNITS/$service.service" >"$kept/unit"
        return
    fi
    pid=
    [ "$driver" != process ] || pid=$(strangers | head -n 1)
    if [ "$pid" ] && ! has_newline "/proc/$pid/cmdline" && quoted "/proc/$pid/cmdline" >"$kept/words" && [ -s "$kept/words" ]; then
        {
            quoted "/proc/$pid/environ" | sed -n "s/^'\([A-Za-z_][A-Za-z0-9_]*\)=/export \1='/p"
            printf 'exec'
            sed 's/^/ /' "$kept/words" | tr -d '\n'
            echo
        } >"$kept/run"
    else
        # nothing runs to learn from: the new configuration is the best there is
        for part in run env secrets health; do
            [ ! -f "$made/$part" ] || (umask 077 && cat "$made/$part" >"$kept/$part")
        done
    fi
    chmod 600 "$kept/run"
    rm -f -- "$kept/words"
}

has_newline() { [ "$(tr -dc '\n' <"$1" | wc -c)" -gt 0 ]; }

quoted() { # FILE of NUL-ended words: one a line, quoted for the shell
    tr '\000' '\n' <"$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"
}

arm() { # from here on the previous release comes back unless this step is confirmed
    uptime_cs
    backstop=$((now + (healthy_deadline_ms + confirm_ms) / 10))
    put_line "$own/arming" "$step $boot $from $from_configuration $version $driver $backstop" || return 1
    flush "$own/arming" "$made/run"
    lock_base
    mv -f -- "$own/arming" "$own/armed" || return 1
    unlock_base
    remember "$from" "$version"
    flush "$own/armed" "$own" "$own/history"
    name_units
    detach "interlock-guard-$units" $(((healthy_deadline_ms + confirm_ms) / 1000 + 5)) \
        watch driver="$driver" base="$base" service="$service" step="$step"
}

guard_boots() { # systemd: a unit that reverses an unconfirmed switch before the service starts
    [ "$driver" = systemd ] || return 0
    file=$UNITS/interlock-recover-$service.service
    text="# Written by Interlock: puts back what was switched and not confirmed when the host went down.
[Unit]
Description=Reverse an unconfirmed switch of $service
Before=$service.service
RequiresMountsFor=$dir
ConditionPathExists=|$own/armed
ConditionPathExists=|$own/reversing
[Service]
Type=oneshot
ExecStart=/bin/sh $own/host.sh recover driver=systemd base=$base service=$service at_boot=yes
[Install]
WantedBy=multi-user.target"
    [ -f "$file" ] && [ "$(cat "$file")" = "$text" ] && return 0
    put_line "$file" "$text" && mkdir -p "$UNITS/multi-user.target.wants" &&
        ln -sf "../interlock-recover-$service.service" "$UNITS/multi-user.target.wants/interlock-recover-$service.service"
    flush "$file"
}

carry_out() { # armed: switch, restart, judge, and wait to be confirmed
    final=
    read_health "$made"
    note_log
    why="could not switch $dir/current and put the configuration in place"
    if ! leave_former; then
        cause lost "$why"
    elif put_in_place "$version" "$step" && restart_and_judge; then
        lock_base
        if [ -e "$own/armed" ]; then
            publish healthy
            unlock_base
            exec 8<&-
            if await_confirmation; then
                if [ -e "$mine/confirmed" ]; then
                    [ "$driver" != container ] || settle_container
                    depart_former
                fi
                return
            fi
            cause unconfirmed "healthy, but no confirmation came within $confirm_ms ms"
        else
            unlock_base
        fi
    else
        cause reverted "$why" "$("log_$driver" 20 "$log_start" | clean_log)"
    fi
    fire && reverse
}

restart_and_judge() {
    why="could not be started"
    start_service && judge
}

note_log() { # where the service's log stands now, in $log_start
    if [ "$driver" = systemd ]; then
        log_start=$moment
    else
        log_start=0
        [ ! -f "$own/$driver/log" ] || log_start=$(wc -c <"$own/$driver/log")
    fi
}

put_in_place() { # RELEASE CONFIGURATION: the links, then the driver's own files; - is none
    put_links "$1" "$2" && "install_$driver" "$own/configurations/$2"
}

put_links() { # RELEASE CONFIGURATION
    if [ "$2" = - ]; then
        rm -f -- "$own/configuration"
    else
        link_to "$own/configuration" "configurations/$2" || return 1
    fi
    if [ "$1" = - ]; then
        rm -f -- "$dir/current"
    else
        link_to "$dir/current" "releases/$1" || return 1
    fi
    flush "$dir" "$own"
}

job_withdraw() {
    current_release
    remember "$from" -
    why="could not stop it"
    if stop_service && put_in_place - -; then
        [ "$driver" != systemd ] || rm -f -- "$UNITS/interlock-recover-$service.service" "$UNITS/multi-user.target.wants/interlock-recover-$service.service"
        publish withdrawn
    else
        publish failed "$why"
    fi
}
