# ---- driver: container -------------------------------------------------------------------------

# A container has a fixed name and, as labels, its folder, release and configuration. The one that a
# step replaces is kept under another name until the step is confirmed: it comes back without the
# registry. A release's folder holds `image`: the reference as it was pulled, and the id it had.

name_container() { # podman or docker in $runtime; the names in $box and $kept_box
    box=interlock-$service-$(printf '%s' "$dir" | sha256sum | cut -c 1-12) # another base has another one
    kept_box=$box..former
    for runtime in podman docker; do
        command -v "$runtime" >/dev/null && return 0
    done
    why="neither podman nor docker is on this host"
    return 1
}

tell_runtime() { # ARGUMENT...: failure, with $why in the runtime's words
    said=$(run_within 120000 "$runtime" "$@" </dev/null 2>&1 7>&- 8>&- 9>&-) && return 0
    why="$runtime $1: $(runtime_words)"
    return 1
}

runtime_words() { # of $said, the line that says what is wrong
    printf '%s\n' "$said" | grep -e '^Error' -e '^docker: ' | head -n 1 | grep . || printf '%s\n' "$said" | grep . | tail -n 1
}

look_at_box() { # NAME: 0 it is there, in c_*; 1 it is not; 2 nobody can say, and $why
    said=$(
        run_within 30000 "$runtime" container inspect --format '{{.State.Status}}|{{.State.ExitCode}}|{{.RestartCount}}|{{.Id}}|{{.State.StartedAt}}|{{index .Config.Labels "interlock.folder"}}|{{index .Config.Labels "interlock.release"}}|{{index .Config.Labels "interlock.configuration"}}' \
            "$1" </dev/null 2>&1 7>&- 8>&- 9>&-
    ) || {
        case $said in *[Nn]'o such '*) return 1 ;; esac
        why="$runtime: $(runtime_words)"
        return 2
    }
    IFS='|' read -r c_state c_code c_restarts c_id c_began c_folder c_release c_configuration <<X
$(printf '%s\n' "$said" | grep '|.*|.*|.*|.*|.*|.*|' | tail -n 1)
X
    [ "$c_id" ] && return 0
    why="$runtime says nothing of its container $1"
    return 2
}

is_box_ours() {
    [ "$c_folder" = "$dir" ] && return 0
    why="the container $box is not one that Interlock made for $dir: rename or remove it"
    return 1
}

state_container() {
    restarts=
    unit=unknown
    name_container || return 0
    look_at_box "$box"
    case $? in
    1)
        unit=absent why="there is no container $box"
        [ ! -L "$dir/current" ] || unit=stopped
        return
        ;;
    2) return ;;
    esac
    is_box_ours || return 0
    restarts=$c_restarts
    ident="$c_id $c_began $c_restarts"
    case $c_state in
    running) unit=running reported=$c_release ;;
    restarting) unit=failed why="the container $box keeps ending and is restarted (status $c_code, $c_restarts restarts)" ;;
    created | configured | initialized) unit=stopped why="the container $box was not started" ;;
    paused) unit=stopped why="the container $box is paused" ;;
    *)
        unit=failed why="the container $box has ended with status $c_code"
        case $c_code in 0 | 137 | 143) unit=stopped ;; esac
        ;;
    esac
}

start_container() { # what is current, as the container of that very release and configuration
    name_container || return 1
    wanted_release=$(readlink "$dir/current")
    wanted_release=${wanted_release##*/}
    wanted_configuration=$(readlink "$own/configuration")
    wanted_configuration=${wanted_configuration##*/}
    look_at_box "$kept_box"
    there=$?
    [ "$there" -ne 2 ] || return 1
    kept=
    [ "$there" -ne 0 ] || ! is_box_wanted || kept=wanted
    look_at_box "$box"
    case $? in
    2) return 1 ;;
    1) there=no ;;
    0)
        is_box_ours || return 1
        if is_box_wanted; then
            tell_runtime restart -t 10 "$box"
            return
        fi
        [ "$kept" ] || make_room || return 1
        ;;
    esac
    if [ "$kept" ]; then
        [ "$there" = no ] || tell_runtime rm --force "$box" || return 1
        tell_runtime rename "$kept_box" "$box" && tell_runtime start "$box"
        return
    fi
    run_container
}

is_box_wanted() { [ "$c_folder/$c_release/$c_configuration" = "$dir/$wanted_release/$wanted_configuration" ]; }

make_room() { # what runs is stopped, and kept under the other name in place of an older one
    [ "$there" -ne 0 ] || tell_runtime rm --force "$kept_box" || return 1
    tell_runtime stop -t 10 "$box" && tell_runtime rename "$box" "$kept_box"
}

run_container() {
    image=$(sed -n 2p "$dir/current/image" 2>/dev/null)
    is_image "$image" || {
        why="release $wanted_release names no image: stage it again"
        return 1
    }
    said=$(
        INTERLOCK_RUNTIME=$runtime INTERLOCK_CONTAINER=$box INTERLOCK_IMAGE=$image INTERLOCK_FOLDER=$dir \
            INTERLOCK_RELEASE=$wanted_release INTERLOCK_CONFIGURATION=$wanted_configuration
        export INTERLOCK_RUNTIME INTERLOCK_CONTAINER INTERLOCK_IMAGE INTERLOCK_FOLDER INTERLOCK_RELEASE INTERLOCK_CONFIGURATION
        run_within 120000 sh "$own/configuration/run" </dev/null 2>&1 7>&- 8>&- 9>&-
    ) && return 0
    why="$runtime run: $(runtime_words)"
    return 1
}

stop_container() {
    name_container || return 1
    look_at_box "$box"
    case $? in 1) return 0 ;; 2) return 1 ;; esac
    is_box_ours || return 0
    tell_runtime stop -t 10 "$box"
}

install_container() { # CONFIGURATION; none: no container is left
    case $1 in */-) remove_containers ;; esac
}

remove_containers() {
    name_container || return 0
    for name in "$box" "$kept_box"; do
        look_at_box "$name"
        case $? in 1) continue ;; 2) return 1 ;; esac
        [ "$c_folder" != "$dir" ] || tell_runtime rm --force "$name" || return 1
    done
}

settle_container() { # confirmed: what was kept goes, and from now on the host starts it when it boots
    name_container || return 0
    look_at_box "$kept_box" && [ "$c_folder" = "$dir" ] && tell_runtime rm --force "$kept_box"
    # a podman that cannot change this leaves it to the engine, which finds it stopped
    tell_runtime update --restart=unless-stopped "$box"
    :
}

log_container() { # LINES
    name_container && "$runtime" logs --tail "$1" "$box" </dev/null 2>&1
}

refuse_container() { # before anything is staged
    name_container || refuse "$why: install one of them"
    look_at_box "$box"
    case $? in 1) return ;; 2) refuse "$why" ;; esac
    is_box_ours || refuse "$why"
}

image_id() { # REFERENCE: what it is here, in $image_id; failure if it is not here
    image_id=$(run_within 30000 "$runtime" image inspect --format '{{.Id}}' "$1" </dev/null 2>/dev/null) && is_image "$image_id"
}

pull_image() { # REFERENCE: here in the end, its id in $image_id
    is_image "$1" || refuse "the image's name is not one: nothing was pulled"
    image_id "$1" && return 0
    said=$(run_within 1800000 "$runtime" pull --quiet "$1" </dev/null 2>&1) ||
        refuse "$runtime pull $1: $(runtime_words): nothing was changed"
    image_id "$1" || refuse "$runtime pulled $1, and does not know it now: nothing was changed"
}

keep_image() { # of a release that is here: pulled again if the runtime has lost it, and still the same
    first_line "$dir/releases/$version/image" || return 0
    known=$(sed -n 2p "$dir/releases/$version/image")
    image_id "$known" && return 0
    reference=$line
    pull_image "$reference"
    [ "$image_id" = "$known" ] ||
        refuse "$reference is another image now than the one that was pulled as release $version: give it a new version"
}

drop_image() { # RELEASE'S FOLDER, which goes; a runtime that still uses it refuses
    first_line "$1/image" && name_container && tell_runtime rmi "$line"
}
