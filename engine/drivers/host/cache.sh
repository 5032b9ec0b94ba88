# ---- the cache: artifacts by their sha256, shared by all services of a base ---------------------

make_work() { # $work, a folder beside the releases that goes with this call
    set +f
    set -- "$dir"/releases/.[no][el][wd].*
    set -f
    [ ! -e "$1" ] || find "$dir/releases" -maxdepth 1 -name '.[no][el][wd].*' -mmin +240 -exec rm -rf -- '{}' + 2>/dev/null
    cache=$base/.interlock/cache
    work=$dir/releases/.new.$$
    trap 'rm -rf -- "$work"' EXIT
    trap 'exit 70' HUP INT TERM
    rm -rf -- "$work"
    mkdir -- "$work" "$work/release" 2>/dev/null && mkdir -p -- "$cache" 2>/dev/null ||
        refuse "no space left in $dir, or it cannot be written: nothing was changed"
}

check_sum() { # WHOSE: $work/artifact is what it should be, or the call ends here
    got=$(sha256sum <"$work/artifact")
    [ "${got%% *}" = "$sha256" ] ||
        answer mismatch "$1 sha256 ${got%% *}, not $sha256: nothing was unpacked"
}

cached() { # the artifact is in the cache and still what its name says: as $work/artifact
    [ -f "$cache/$sha256" ] || return 1
    ln -- "$cache/$sha256" "$work/artifact" 2>/dev/null || cat "$cache/$sha256" >"$work/artifact" 2>/dev/null || {
        rm -f -- "$work/artifact"
        return 1
    }
    got=$(sha256sum <"$work/artifact")
    if [ "${got%% *}" != "$sha256" ]; then
        rm -f -- "$work/artifact" "$cache/$sha256"
        return 1
    fi
    touch -c -- "$cache/$sha256" 2>/dev/null
    :
}

keep_artifact() { # $work/artifact, which was checked, for the services and versions to come
    [ "$cache_max" -gt 0 ] && [ ! -e "$cache/$sha256" ] || return 0
    ln -- "$work/artifact" "$cache/$sha256" 2>/dev/null && return 0
    cat "$work/artifact" >"$cache/.new.$$" 2>/dev/null && mv -f -- "$cache/.new.$$" "$cache/$sha256" 2>/dev/null && return 0
    rm -f -- "$cache/.new.$$"
}

cache_total() { # the bytes in the cache in $total
    total=0
    for name in $(ls -- "$base/.interlock/cache" 2>/dev/null); do
        bytes=$(stat -c %s -- "$base/.interlock/cache/$name" 2>/dev/null)
        ! is_number "$bytes" || total=$((total + bytes))
    done
}

trim_cache() { # BYTES: from the least recently used on, artifacts go until no more than that is left
    lock_base
    find "$base/.interlock/cache" -maxdepth 1 -name '.new.*' -mmin +240 -exec rm -f -- '{}' + 2>/dev/null
    total=0
    for name in $(ls -t -- "$base/.interlock/cache" 2>/dev/null); do
        bytes=$(stat -c %s -- "$base/.interlock/cache/$name" 2>/dev/null)
        is_number "$bytes" || bytes=0
        total=$((total + bytes))
        [ "$total" -le "$1" ] || rm -f -- "$base/.interlock/cache/$name"
    done
    unlock_base
}

twin() { # a release of this base that has the same content, unchanged since: copied to $work/release
    [ "$kind" != file ] || return 1
    for mark in $(find "$base" -mindepth 4 -maxdepth 4 -path '*/releases/*/.interlock-release' \
        -exec grep -l "^$sha256\$" '{}' + 2>/dev/null); do
        twin=${mark%/.interlock-release}
        known=$(sed -n 2p "$mark" 2>/dev/null)
        is_hex "$known" || continue
        rm -rf -- "$work/release"
        cp -a -- "$twin" "$work/release" 2>/dev/null || cp -pR -- "$twin" "$work/release" 2>/dev/null || continue
        [ "$(tree_of "$work/release")" != "$known" ] || {
            twin=${twin#"$base/"}
            return 0
        }
    done
    rm -rf -- "$work/release"
    mkdir -- "$work/release" 2>/dev/null
    return 1
}

make_release() { # RESULT DETAIL: from $work/artifact, checked, to releases/VERSION
    keep_artifact
    if [ "$kind" = file ]; then
        cat "$work/artifact" >"$work/release/$service" 2>/dev/null && chmod 755 "$work/release/$service" ||
            refuse "no space left in $dir for the file: nothing was changed"
        rm -f -- "$work/artifact"
    else
        unpack
    fi
    finish_release "$1" "$2"
}

finish_release() { # RESULT DETAIL: the mark is written last, then $work/release takes its place
    rm -rf -- "$work/release/.interlock-release" "$work/release/.interlock-files"
    tree=
    files=$work/release/.interlock-files
    files_of "$work/release" >"$work/files" 2>/dev/null && mv -f -- "$work/files" "$files" 2>/dev/null ||
        refuse "no space left in $dir: nothing was changed"
    [ ! -s "$files" ] || tree=$(sha256sum <"$files" | cut -d ' ' -f 1)
    put_line "$work/release/.interlock-release" "$sha256${tree:+
$tree}" 2>/dev/null || refuse "no space left in $dir: nothing was changed"
    flush "$work/release/.interlock-release"
    place_release
    trim_cache "$cache_max"
    answer "$1" "$2"
}
