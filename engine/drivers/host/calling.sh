# ---- steps: calling ---------------------------------------------------------------------------

do_switch() {
    need step version configuration
    begin switch
}

do_withdraw() {
    need step
    begin withdraw
}

begin() { # ACT: starts the step, or attaches to it if its name was used before
    act=$1
    enter
    find_former
    steps=$own/steps
    [ ! -d "$steps/$step" ] || attach
    [ "$act" != switch ] || refuse_unstaged
    unlock_base
    boot_id
    { [ -d "$steps" ] && [ -d "$own/configurations" ]; } || mkdir -p -- "$steps" "$own/configurations" || answer failed "$dir cannot be written: nothing was changed"
    new=$steps/.new.$$
    [ ! -e "$new" ] || rm -rf -- "$new"
    { mkdir -m 700 -- "$new" && (umask 077 && head -c 2000000 >"$new/bundle") && true >"$new/lock" && printf '%s\n' "$boot" >"$new/started"; } 2>/dev/null || {
        rm -rf -- "$new"
        answer failed "$own cannot be written (is the disk full?): nothing was changed"
    }
    wait_until_free
    mv -f -- "$new" "$steps/$step"
    launch
    attach
}

refuse_unstaged() { # the step begins only with its release here: nothing was done, its name is not used up
    first_line "$dir/releases/$version/.interlock-release" || line=
    case $line in
    '') [ "$(readlink "$dir/current" 2>/dev/null)" = "releases/$version" ] && [ -d "$dir/releases/$version" ] && return 0 ;;
    adopted | "$sha256") return 0 ;;
    *) [ "$sha256" ] || return 0 ;;
    esac
    answer unstaged "release $version is not on this host${line:+ with that content}"
}

wait_until_free() { # comes back under lock_base, fenced, when nobody else is at this service
    open_job
    tries=0
    while :; do
        lock_base
        fence
        if [ -d "$steps/$step" ]; then
            rm -rf -- "$new"
            attach
        fi
        if flock -n 9; then
            [ -e "$own/armed" ] || [ -e "$own/reversing" ] || break
            exec 9<&-
            recover_apart
            open_job
        else
            tries=$((tries + 1))
        fi
        unlock_base
        if [ "$tries" -ge 50 ]; then
            rm -rf -- "$new"
            first_line "$own/working"
            answer busy "the step ${line:-of another change} is under way on $service"
        fi
        nap 0.1
    done
    exec 9<&-
}

launch() { # the job, detached from this call; returns when it has its locks
    set -- job act="$act" driver="$driver" base="$base" service="$service" step="$step" organization="$organization" \
        store="$store" epoch="$epoch" engine="$engine"
    if [ "$act" = switch ]; then
        set -- "$@" version="$version" configuration="$configuration" user="$user" from_base="$from_base" \
            from_driver="$from_driver" min_healthy_ms="$min_healthy_ms" \
            healthy_deadline_ms="$healthy_deadline_ms" confirm_ms="$confirm_ms" keep="$keep"
    fi
    keep_script
    name_units
    detach "interlock-step-$units" "" "$@"
    uptime_cs
    until_cs=$((now + 1000))
    pause=20
    while [ ! -e "$steps/$step/job" ] && [ "$now" -lt "$until_cs" ]; do
        [ -z "$detached" ] || kill -0 "$detached" 2>/dev/null || break
        seconds "$pause"
        nap "$secs"
        [ "$pause" -ge 160 ] || pause=$((pause * 2))
        uptime_cs
    done
    unlock_base
}

keep_script() { # a copy of this script beside the service: what is detached must outlive the caller's
    [ -f "$own/host.sh" ] && same_file "$SELF" "$own/host.sh" && return 0
    cat "$SELF" >"$own/host.sh.$$" && mv -f -- "$own/host.sh.$$" "$own/host.sh" || die 70 "cannot write $own/host.sh"
}

detach() { # UNIT SECONDS ARGUMENT...: run this script by itself, under systemd where it can; SECONDS "" = now
    unit_name=$1
    delay=$2
    detached=
    shift 2
    if [ "$driver" = systemd ] && command -v systemd-run >/dev/null; then
        systemd-run --quiet --collect --unit="$unit_name" ${delay:+--on-active="$delay" --timer-property=AccuracySec=1s} \
            ${INTERLOCK_BOOT_ID_FILE:+--setenv=INTERLOCK_BOOT_ID_FILE="$INTERLOCK_BOOT_ID_FILE"} \
            /bin/sh "$own/host.sh" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- && return 0
    fi
    setsid sh "$own/host.sh" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    detached=$!
}

name_units() { # in $units how the names end under which systemd runs the parts of this step
    units=$(printf '%s' "$service/$step" | sha256sum)
    units=${units%"${units#????????????????}"}
}

attach() { # waits until the step has a result, and answers with it
    unlock_base
    steps=$own/steps
    exec 8<"$steps/$step/lock"
    uptime_cs
    limit=$((now + ${wait_ms:-60000} / 10))
    while :; do
        uptime_cs
        left=$(((limit - now) * 10))
        [ "$left" -gt 0 ] && lock_within 8 "$left" -s || answer running "$(still)"
        is_settled && tell_result
        flock -u 8
        recover_apart
        # a reversal that cannot be carried out yet is tried again, in no hurry
        if [ -e "$own/reversing" ]; then nap 1; else nap 0.1; fi
    done
}

still() { # why there is no result yet
    if [ -e "$own/reversing" ]; then
        echo "the previous release cannot be put back yet: $dir cannot be written (is the disk full?); it is tried again"
    else
        echo "the step is still at work"
    fi
}

is_settled() { # whether the step has a result that is not just being overtaken by its reversal
    [ -e "$steps/$step/result" ] || return 1
    read_mark && [ "$m_step" = "$step" ] || return 0
    [ "$mark" = armed ] || return 1
    boot_id
    [ "$m_boot" = "$boot" ]
}

tell_result() {
    cat "$steps/$step/result"
    [ ! -e "$steps/$step/confirmed" ] || say confirmed yes
    exit 0
}

recover_apart() { # a recovery that does not end with this call; waits for it
    keep_script
    setsid sh "$own/host.sh" recover driver="$driver" base="$base" service="$service" ${step:+step="$step"} \
        </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    wait $!
}

do_confirm() {
    need step
    enter
    mine=$own/steps/$step
    [ -d "$mine" ] || answer unknown "no step of that name was run here"
    [ ! -e "$mine/confirmed" ] || answer confirmed
    if read_mark && [ "$m_step" = "$step" ] && [ "$mark" = armed ]; then
        boot_id
        if [ "$m_boot" != "$boot" ]; then
            unlock_base
            recover_apart
            answer fired "the host was restarted before the confirmation came"
        fi
        first_line "$mine/result" && [ "$line" = "result${TAB}healthy" ] || answer unknown "the step is not healthy yet"
        mv -f -- "$own/armed" "$mine/confirmed" || die 70 "cannot confirm: $own cannot be written"
        flush "$own" "$mine"
        answer confirmed
    fi
    first_line "$mine/result"
    case $line in
    *healthy | *reverted | *unconfirmed | *lost | *rebooted) answer fired "the previous release was put back before the confirmation came" ;;
    esac
    answer unknown "the step has nothing to confirm (${line:-no result})"
}
