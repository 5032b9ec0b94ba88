# ---- hooks ------------------------------------------------------------------------------------

# A hook is run once under its name, detached, in BASE/SERVICE/.interlock/hooks/STEP: started, lock
# (held while it is at work), job, output, result; its script, which may hold secrets, is gone as
# soon as a shell has opened it. It needs no lock of the service: a balancer drains several at once.

do_hook() {
    need step timeout_ms
    enter
    mine=$own/hooks/$step
    if [ ! -d "$mine" ]; then
        unlock_base
        prepare_hook
        lock_base
        fence
        [ -d "$mine" ] || launch_hook
        rm -rf -- "$new"
    fi
    unlock_base
    attach_hook
}

prepare_hook() { # its folder, complete, under another name
    boot_id
    new=$own/hooks/.new.$$
    trap 'rm -rf -- "$new"' EXIT
    {
        mkdir -p -- "$own/hooks" && rm -rf -- "$new" && mkdir -m 700 -- "$new" &&
            (umask 077 && head -c 2000000 >"$new/run") && true >"$new/lock" && put_line "$new/started" "$boot"
    } 2>/dev/null || answer failed "$own cannot be written (is the disk full?): it was not run"
    find "$own/hooks" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf -- '{}' + 2>/dev/null
}

launch_hook() { # under lock_base: the folder appears, and its job begins, for the first and only time
    mv -f -- "$new" "$mine" || answer failed "$own cannot be written: it was not run"
    keep_script
    name_units
    detach "interlock-hook-$units" "" hook_job driver="$driver" base="$base" service="$service" step="$step" \
        ${version:+version="$version"} user="$user" timeout_ms="$timeout_ms"
    tries=0
    while [ ! -e "$mine/job" ] && [ "$tries" -lt 500 ]; do
        [ -z "$detached" ] || kill -0 "$detached" 2>/dev/null || break
        nap 0.02
        tries=$((tries + 1))
    done
}

attach_hook() { # waits until the hook has a result, and answers with it
    exec 8<"$mine/lock"
    uptime_cs
    limit=$((now + ${wait_ms:-60000} / 10))
    while [ ! -e "$mine/result" ]; do
        uptime_cs
        left=$(((limit - now) * 10))
        [ "$left" -gt 0 ] && lock_within 8 "$left" || answer running "the hook is still at work"
        [ -e "$mine/result" ] || bury_hook
        flock -u 8
    done
    cat "$mine/result"
    exit 0
}

bury_hook() { # under its lock, without a result: its job is dead
    boot_id
    rm -f -- "$mine/run"
    first_line "$mine/started"
    if [ "$line" = "$boot" ]; then
        publish lost "the hook's job was killed: what it has done is not known"
    else
        publish rebooted "the host was restarted under the hook: what it has done is not known"
    fi
}

do_hook_job() {
    need driver base service step timeout_ms
    locate
    mine=$own/hooks/$step
    trap '' HUP PIPE
    exec 8<"$mine/lock"
    flock -n 8 || exit 0
    [ ! -e "$mine/result" ] || exit 0
    started_at $$
    put_line "$mine/job" "$$ $ticks"
    run_hook
    rm -f -- "$mine/run"
    LOG_MAX=65536
    cap_log "$mine/output"
    exit 0
}

hook_folder() { # in $folder: the release's, or what is current, or the service's own
    if [ "$version" ]; then
        folder=$dir/releases/$version
    elif [ -d "$dir/current" ]; then
        folder=$dir/current
    else
        folder=$dir
    fi
}

run_hook() {
    hook_folder
    if ! [ -d "$folder" ]; then
        publish failed "release $version is not on this host: the hook was not run"
        return
    fi
    true >"$mine/output"
    start_hook &
    runner=$!
    started_at "$runner"
    began=$ticks
    uptime_cs
    limit=$((now + timeout_ms / 10))
    pause=50
    while is_alive "$runner" "$began"; do
        uptime_cs
        if [ "$now" -ge "$limit" ]; then
            end_hook
            seconds "$timeout_ms"
            publish failed "it took longer than $secs s and was ended" "$(hook_output)"
            return
        fi
        cap_log "$mine/output"
        seconds "$pause"
        nap "$secs"
        [ "$pause" -ge 500 ] || pause=$((pause * 2))
    done
    wait "$runner"
    status=$?
    if [ "$status" -eq 0 ]; then
        publish "done" "" "$(hook_output)"
    else
        publish failed "it ended with status $status" "$(hook_output)"
    fi
}

start_hook() { # in a session of its own, so that its whole group can be ended; as the service's user
    trap - HUP PIPE
    cd -P -- "$folder" || exit 70
    home=${HOME:-/}
    name=$(id -un)
    set --
    if [ "$user" ] && [ "$user" != "$name" ]; then
        home=$(grep "^$user:" /etc/passwd | cut -d : -f 6)
        name=$user
        if command -v runuser >/dev/null; then
            set -- runuser -u "$user" --
        else
            set -- su -s /bin/sh "$user" -c 'exec sh -s'
        fi
    fi
    case ${1-} in su) ;; *) set -- "$@" sh -s ;; esac
    exec env -i PATH="$PATH" HOME="${home:-/}" USER="$name" LOGNAME="$name" setsid "$@" \
        <"$mine/run" >>"$mine/output" 2>&1 7>&- 8>&- 9>&-
}

end_hook() { # its whole session: asked first, killed two seconds later
    kill -TERM "-$runner" 2>/dev/null
    patience=$((now + 200))
    while is_alive "$runner" "$began" && [ "$now" -lt "$patience" ]; do
        nap 0.1
        uptime_cs
    done
    kill -KILL "-$runner" 2>/dev/null
    wait "$runner" 2>/dev/null
}

hook_output() { tail -n 50 "$mine/output" | clean_log; }
