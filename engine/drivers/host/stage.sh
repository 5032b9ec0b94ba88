# ---- stage and upload -------------------------------------------------------------------------

refuse() { answer refused "$1"; }

do_stage() {
    need version
    enter
    unlock_base
    refuse_missing_tools
    if [ -e "$dir/current" ] && [ ! -L "$dir/current" ]; then
        refuse "$dir/current is not a link that Interlock could switch: move it away"
    fi
    if ! mkdir -p -- "$dir/releases" "$own/steps" "$own/configurations" 2>/dev/null || ! try_writing "$dir/releases"; then
        refuse "$dir cannot be written: a read-only file system, or not this login's"
    fi
    refuse_driver
    release=$dir/releases/$version
    if first_line "$release/.interlock-release"; then
        [ -n "$sha256" ] && [ "$line" != "$sha256" ] || answer have
        if [ "$(readlink "$dir/current")" = "releases/$version" ]; then
            refuse "release $version runs here with other content (sha256 $line): give the new content a new version"
        fi
    elif [ "$(readlink "$dir/current")" = "releases/$version" ]; then
        answer have "adopted as it was found"
    fi
    [ -n "$sha256" ] || refuse "release $version is not complete on this host, and no artifact was given"
    refuse_full_disk
    answer need
}

refuse_missing_tools() {
    missing=
    for tool in tar sha256sum flock setsid readlink sed grep tr tail head; do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    [ "$kind" != tar.gz ] || command -v gzip >/dev/null || missing="$missing gzip"
    if [ "$probe" = yes ]; then
        find_fetcher
        [ "$fetcher" ] || missing="$missing curl-or-wget"
    fi
    [ -z "$missing" ] || refuse "this host lacks$missing: install what is missing"
}

try_writing() { # FOLDER
    { : >"$1/.try.$$"; } 2>/dev/null && rm -f -- "$1/.try.$$"
}

refuse_driver() { # whether the driver can work here at all
    if [ "$driver" = process ]; then
        [ -z "$user" ] || [ "$user" = "$(id -un)" ] || refuse "the process driver runs services as its login $(id -un), not as $user"
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
        refuse "$dir has $free bytes free, $wanted are needed to unpack release $version"
    fi
    if [ "$inodes" -ge 0 ] && [ "$inodes" -lt 64 ]; then
        refuse "$dir has $inodes inodes free, too few to unpack release $version"
    fi
}

do_upload() {
    need version
    [ "$sha256" ] && [ "$kind" ] || die 64 "needs sha256 and kind"
    enter
    unlock_base
    mkdir -p -- "$dir/releases" "$own" 2>/dev/null || refuse "$dir cannot be written"
    find "$dir/releases" -maxdepth 1 -name '.new.*' -mmin +240 -exec rm -rf -- '{}' + 2>/dev/null
    work=$dir/releases/.new.$$
    trap 'rm -rf -- "$work"' EXIT
    trap 'exit 70' HUP INT TERM
    rm -rf -- "$work"
    mkdir -- "$work" "$work/release" || refuse "$dir/releases cannot be written"
    cat >"$work/artifact" 2>/dev/null || refuse "no space left in $dir for the artifact: nothing was changed"
    got=$(sha256sum <"$work/artifact")
    [ "${got%% *}" = "$sha256" ] || refuse "the artifact arrived with sha256 ${got%% *}, not $sha256: nothing was unpacked"
    if [ "$kind" = file ]; then
        mv -f -- "$work/artifact" "$work/release/$service" && chmod 755 "$work/release/$service" || refuse "cannot store the file"
    else
        unpack
    fi
    rm -rf -- "$work/release/.interlock-release"
    put_line "$work/release/.interlock-release" "$sha256" || refuse "no space left in $dir: nothing was changed"
    flush "$work/release/.interlock-release"
    place_release
}
