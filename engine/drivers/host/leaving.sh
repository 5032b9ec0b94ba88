# ---- steps: leaving another base folder, or another driver --------------------------------------

# A step may come from elsewhere: `from_base` and `from_driver` name what has to make room. That is
# stopped once the switch is armed, started again if the step is reversed, and withdrawn once it is
# confirmed. Each of the three is a call of this script of its own: all it does is about that place.

find_former() { # begin: keeps $from_base and $from_driver only where there is something to leave
    [ "$act" = switch ] && [ "$from_base" ] && [ "$from_driver" ] || from_driver=
    case $from_base in
    '' | /*) ;;
    *) from_base=${HOME:?}/$from_base ;;
    esac
    if [ -z "$from_driver" ] || [ "$from_base/$from_driver" = "$base/$driver" ] || [ ! -d "$from_base/$service" ]; then
        from_base='' from_driver=''
        return
    fi
    first_line "$from_base/.interlock/claim.$organization"
    [ "$line" != "$store $epoch $engine" ] || return 0
    say holder "$line"
    answer fenced "$from_base, which the step leaves, obeys ${line:-nobody yet}, not $store $epoch $engine"
}

note_former() { # before the switch is armed
    [ ! -e "$own/leaving" ] || finish_leaving
    [ "$from_base" ] || return 0
    put_line "$own/leaving" "$step $from_driver $from_base" && flush "$own/leaving"
}

read_former() { # STEP: what it leaves, in l_*; failure if it leaves nothing
    l_step=
    first_line "$own/leaving" && [ "${line%% *}" = "$1" ] || return 1
    l_step=$1
    line=${line#* }
    l_driver=${line%% *}
    l_base=${line#* }
}

elsewhere() { # VERB: this script, about the place that is left; what it says is why it failed
    locked=
    [ "$l_base" != "$base" ] || locked=yes
    sh "$own/host.sh" "$1" driver="$l_driver" base="$l_base" service="$service" step="$l_step" \
        from_driver="$driver" at_boot="$at_boot" locked="$locked" 2>&1
}

leave_former() { # armed: what is left is stopped, before anything else runs
    read_former "$step" || return 0
    said=$(elsewhere leave) && return 0
    why="could not stop what runs in $l_base${said:+: $said}"
    return 1
}

rejoin_former() { # reversing: stop what was tried, then start again what was left
    why=
    [ "$at_boot" = yes ] || stop_service
    if [ "$driver/$l_driver" = systemd/systemd ]; then
        put_links "$m_from" "$m_configuration" # one unit for both: it is written once, below
    else
        [ "$driver" != container ] || remove_containers
        put_in_place "$m_from" "$m_configuration"
    fi
    why=$(elsewhere rejoin) && why=
}

depart_former() { # confirmed: nothing of it is to start again
    read_former "$step" || return 0
    elsewhere depart >/dev/null && rm -f -- "$own/leaving"
}

finish_leaving() { # under the service's lock, and nothing is armed: its step has died
    first_line "$own/leaving" || return 0
    if [ -e "$own/steps/${line%% *}/confirmed" ] && read_former "${line%% *}"; then
        elsewhere depart >/dev/null || return 0
    fi
    rm -f -- "$own/leaving"
}

enter_former() { # what leave, rejoin and depart begin with
    need driver base service step
    locate
    trap '' HUP PIPE
    [ -d "$dir" ] || exit 0
    boot_id
    [ -z "$locked" ] || return 0
    mkdir -p -- "$own/steps" "$own/configurations" && open_job
    keep_script # what starts there must not need the folder that goes
    lock_within 9 10000 || fail_former "another step is under way in $dir"
    read_mark || rm -f -- "$own/leaving" # whatever was left for this place is left for good
    recover
}

fail_former() {
    printf '%s\n' "$1"
    exit 1
}

do_leave() {
    enter_former
    current_release
    if [ ! -L "$own/configuration" ] && [ "$from" != - ]; then
        made=
        adopt 2>/dev/null
        link_to "$own/configuration" configurations/adopted || fail_former "$own cannot be written"
    fi
    stop_service || fail_former "${why:-it does not stop}"
}

do_rejoin() {
    enter_former
    current_release
    [ "$from" != - ] || exit 0
    kept=$(readlink "$own/configuration")
    "install_$driver" "$own/configurations/${kept##*/}" || fail_former "its unit cannot be written"
    [ "$at_boot" = yes ] || start_service || fail_former "${why:-it does not start}"
}

do_depart() {
    enter_former
    [ "$driver/$from_driver" = systemd/systemd ] || stop_service
    if [ -z "$locked" ]; then
        current_release
        remember "$from" -
        put_links - -
    fi
    [ "$driver" != container ] || remove_containers
    # the unit of the same name is the other's now, unless that is no unit at all
    [ "$driver" != systemd ] || [ "$from_driver" = systemd ] || install_systemd "$own/configurations/-"
}
