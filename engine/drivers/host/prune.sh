# ---- what nobody can come back to any more -------------------------------------------------------

tidy() { # at the end of a job, under the service's lock: releases, configurations, steps
    ! read_mark || return 0
    prune_configurations
    prune_steps
    [ ! -e "$mine/confirmed" ] || prune_releases
}

prune_configurations() { # all but the present and the previous one: they may hold secrets
    present=$(readlink "$own/configuration" 2>/dev/null)
    present=${present##*/}
    set +f
    for name in "$own"/configurations/* "$own"/configurations/.new.*; do
        case ${name##*/} in "${present:--}" | "${from_configuration:--}") continue ;; esac
        [ ! -e "$name" ] || rm -rf -- "$name"
    done
    set -f
}

prune_steps() { # the newest 20 stay, and those of the last day: an engine may still ask for them
    set +f
    set -- "$own"/steps/*
    set -f
    [ $# -gt 20 ] || return 0
    count=0
    for name in $(ls -t -- "$own/steps"); do
        count=$((count + 1))
        [ "$count" -gt 20 ] && [ "$name" != "$step" ] && is_name "$name" || continue
        find "$own/steps/$name" -maxdepth 0 -mmin +1440 -exec rm -rf -- '{}' +
    done
    if [ -f "$own/history" ] && [ "$(wc -l <"$own/history")" -gt 1000 ]; then
        tail -n 500 "$own/history" >"$own/history.$$" && mv -f -- "$own/history.$$" "$own/history"
    fi
}

prune_releases() { # `keep` of them, the one that runs and the last good one always among them
    if [ "$from" != - ] && [ "$from" != "$version" ]; then
        put_line "$own/previous" "$from"
    fi
    first_line "$own/previous"
    previous=$line
    set +f
    set -- "$dir"/releases/*
    [ $# -ge "$keep" ] || set -- "$dir"/releases/.foreign.*
    set -f
    [ -e "$1" ] || return 0
    lock_base
    find "$dir/releases" -mindepth 1 -maxdepth 1 -name '.foreign.*' ! -name ".foreign.$version" -exec rm -rf -- '{}' +
    # newer than what runs: brought here for a change that waits
    newer=0
    older=2
    seen=
    for name in $( (set +f && cd "$dir/releases" && ls -td -- */.interlock-release) 2>/dev/null); do
        name=${name%/.interlock-release}
        is_version "$name" || continue
        case $name in
        "$version") seen=yes && continue ;;
        "$previous") continue ;;
        esac
        if [ "$seen" ]; then older=$((older + 1)) count=$older; else newer=$((newer + 1)) count=$newer; fi
        [ "$count" -gt "$keep" ] || continue
        # what was here before Interlock is not Interlock's to remove
        first_line "$dir/releases/$name/.interlock-release"
        [ "$line" = adopted ] || mv -f -- "$dir/releases/$name" "$dir/releases/.old.$$.$name"
    done
    unlock_base
    if [ "$driver" = container ]; then
        for name in $(find "$dir/releases" -mindepth 1 -maxdepth 1 -name ".old.$$.*"); do
            drop_image "$name"
        done
    fi
    find "$dir/releases" -mindepth 1 -maxdepth 1 -name ".old.$$.*" -exec rm -rf -- '{}' +
}
