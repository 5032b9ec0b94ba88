# ---- stage and upload -------------------------------------------------------------------------

refuse() { answer refused "$1"; }

do_stage() { # preflight; and the release itself, if it can be had without being sent
    need version
    url=
    image=
    while IFS=$TAB read -r key value; do
        case $key in url) url=$value ;; image) image=$value ;; esac
    done
    enter
    unlock_base
    refuse_missing_tools
    refuse_places
    refuse_driver
    release=$dir/releases/$version
    altered=
    if first_line "$release/.interlock-release"; then
        found=$line
        [ -z "$anew" ] || altered "$release"
        if [ -z "$altered" ] && { [ -z "$sha256" ] || [ "$found" = "$sha256" ]; }; then
            [ "$driver" != container ] || keep_image
            answer have
        fi
        if [ -z "$anew" ] && [ "$(readlink "$dir/current")" = "releases/$version" ]; then
            refuse "release $version runs here with other content (sha256 $found): give the new content a new version"
        fi
    elif [ -z "$anew" ] && [ "$(readlink "$dir/current")" = "releases/$version" ]; then
        answer have "adopted as it was found"
    fi
    [ -n "$sha256" ] || refuse "release $version is not complete on this host, and no artifact was given"
    refuse_foreign
    refuse_full_disk
    [ "$kind" != marker ] || stage_marker
    make_work
    if cached; then
        make_release have "from the cache of this host"
    elif twin; then
        finish_release have "copied from $twin, which has the same content"
    elif [ "$url" ]; then
        download
        check_sum "what its address serves has"
        make_release have "fetched by the host"
    fi
    answer need
}

stage_marker() { # a release without an artifact: a folder with its mark, once what it stands for is here
    said=
    [ "$driver" != container ] || pull_image "$image"
    make_work
    if [ "$driver" = container ]; then
        printf '%s\n' "$image" "$image_id" >"$work/release/image" 2>/dev/null ||
            refuse "no space left in $dir: nothing was changed"
        said="pulled by the host"
    fi
    finish_release have "$said"
}

do_upload() {
    need version
    [ "$sha256" ] && [ "$kind" ] || die 64 "needs sha256 and kind"
    enter
    unlock_base
    refuse_places
    refuse_foreign
    make_work
    cat >"$work/artifact" 2>/dev/null || refuse "no space left in $dir for the artifact: nothing was changed"
    check_sum "the artifact arrived with"
    make_release stored ""
}

refuse_missing_tools() {
    missing=
    for tool in tar sha256sum flock setsid readlink sed grep tr tail head; do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    [ "$kind" != tar.gz ] || command -v gzip >/dev/null || missing="$missing gzip"
    [ "$kind" != tar.zst ] || command -v zstd >/dev/null || missing="$missing zstd"
    if [ "$probe" = yes ] || [ "$url" ]; then
        find_fetcher
        [ "$fetcher" ] || missing="$missing curl-or-wget"
    fi
    [ -z "$missing" ] || refuse "this host lacks$missing: install what is missing"
}

refuse_places() { # what stands where Interlock would write
    if [ -e "$dir/current" ] && [ ! -L "$dir/current" ]; then
        refuse "$dir/current is not a link that Interlock could switch: move it away"
    fi
    for place in "$dir" "$dir/releases"; do
        [ ! -e "$place" ] || [ -d "$place" ] || refuse "$place is not a folder that Interlock made: move it away"
    done
    if ! mkdir -p -- "$dir/releases" "$own/steps" "$own/configurations" 2>/dev/null || ! try_writing "$dir/releases"; then
        refuse "$dir cannot be written: a read-only file system, a full disk, or not this login's"
    fi
}

refuse_foreign() { # what somebody else put where the release would go
    release=$dir/releases/$version
    if [ -L "$release" ] || { [ -e "$release" ] && [ ! -d "$release" ]; }; then
        refuse "$release is not a folder that Interlock made: move it away"
    fi
}

try_writing() { # FOLDER
    { true >"$1/.try.$$"; } 2>/dev/null && rm -f -- "$1/.try.$$"
}

refuse_driver() { # whether the driver can work here at all
    if [ "$driver" != systemd ]; then
        [ -z "$user" ] || [ "$user" = "$(id -un)" ] || refuse "the $driver driver runs services as its login $(id -un), not as $user"
        [ "$driver" != container ] || refuse_container
        return
    fi
    if ! command -v systemctl >/dev/null || [ ! -d /run/systemd/system ]; then
        refuse "systemd does not run on this host: set driver: process"
    fi
    [ "$(id -u)" = 0 ] || refuse "the systemd driver needs root: set ssh.sudo, or log in as root"
    [ -z "$user" ] || id -u -- "$user" >/dev/null 2>&1 || refuse "the user $user does not exist on this host"
    if [ -L "$UNITS/$service.service" ] && [ "$(readlink "$UNITS/$service.service")" = /dev/null ]; then
        refuse "the unit $service.service is masked: systemctl unmask it"
    fi
    try_writing "$UNITS" || refuse "$UNITS cannot be written"
}

free_space() { # of the file system below $1: $free bytes and $inodes, -1 where not known
    free=-1
    inodes=-1
    # shellcheck disable=SC2046
    set -- $(stat -f -c '%a %S %d %c' -- "$1" 2>/dev/null)
    [ $# -eq 4 ] && is_number "$1" && is_number "$2" || return 0
    free=$(($1 * $2))
    # some file systems count no inodes
    { is_number "$3" && [ "$4" != 0 ]; } && inodes=$3
    :
}

refuse_full_disk() { # the artifact and what it unpacks to, which is hardly less than twice its size
    free_space "$dir"
    wanted=$((size * 3 + 65536))
    if [ "$free" -ge 0 ] && [ "$free" -lt "$wanted" ]; then
        # what the cache holds gives way before anything is refused
        cache_total
        gives=$total
        spare=$((total + free - wanted))
        [ "$spare" -gt 0 ] || spare=0
        trim_cache "$spare"
        free_space "$dir"
        [ "$free" -ge "$wanted" ] ||
            refuse "$dir has $free bytes free (its cache held $gives more), $wanted are needed to unpack release $version"
    fi
    if [ "$inodes" -ge 0 ] && [ "$inodes" -lt 64 ]; then
        refuse "$dir has $inodes inodes free, too few to unpack release $version"
    fi
}
