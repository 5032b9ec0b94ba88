# ---- unpack ------------------------------------------------------------------------------------

tar_of() { # WORDS: tar with those words over $work/artifact, whatever it is packed with
    unpacker=gzip
    [ "$kind" != tar.zst ] || unpacker=zstd
    { "$unpacker" -dc <"$work/artifact" 2>"$work/packing" || true >"$work/unsound"; } | {
        tar "$@" -f -
        ended=$?
        # a tar that stops at the end of its archive must not make what feeds it fail
        cat >/dev/null
        exit "$ended"
    } && [ ! -e "$work/unsound" ]
}

unpack() { # $work/artifact into $work/release, after every name in it was judged
    tar_of -tv >"$work/listing" 2>"$work/complaints" ||
        refuse "the artifact is not a sound $kind: $(complaint)"
    # what tar says of stripping prefixes, it says because a name leaves the folder
    if grep -q -i 'removing leading' "$work/complaints"; then
        refuse "the artifact holds a path that leaves the release: nothing was unpacked"
    fi
    grep -v '^[-dlh]' "$work/listing" >"$work/odd" && refuse "the artifact holds something that is no file, folder or link: $(head -n 1 "$work/odd")"
    grep '^...[sS]\|^......[sS]' "$work/listing" >"$work/odd" && refuse "the artifact holds a setuid or setgid file: $(head -n 1 "$work/odd")"
    grep -e ' -> ' -e ' link to ' "$work/listing" >"$work/links"
    grep -v -e ' -> ' -e ' link to ' "$work/listing" | grep -e ' /' -e ' \.\./' -e '/\.\./' -e '[ /]\.\.$' >"$work/odd" &&
        refuse "the artifact holds a path that leaves the release: $(head -n 1 "$work/odd")"
    judge_links
    refuse_few_inodes
    tar_of -xo -C "$work/release" 2>"$work/complaints" ||
        refuse "could not unpack the artifact: $(complaint); nothing was changed"
    chmod u+rwx,go+rx "$work/release"
    rm -f -- "$work/artifact"
    find "$work/release" -type l >"$work/links"
    real=$(readlink -f "$work/release")
    while IFS= read -r link; do
        case $(readlink -f "$link") in
        "$real" | "$real"/* | '') ;;
        *) refuse "the artifact holds a link that leaves the release: ${link#"$work/release/"}" ;;
        esac
    done <"$work/links"
}

complaint() { # what tar said last; a full disk takes not even that
    cat "$work/packing" "$work/complaints" | grep . | tail -n 1 | grep . && return 0
    free_space "$dir"
    echo "$dir has $free bytes left"
}

refuse_few_inodes() { # as many as the listing has entries, and some for Interlock
    free_space "$dir"
    entries=$(wc -l <"$work/listing")
    [ "$inodes" -lt 0 ] || [ "$inodes" -ge $((entries + 32)) ] ||
        refuse "$dir has $inodes inodes free, release $version has $entries files: nothing was unpacked"
}

judge_links() { # the links of the listing: inside the release, whatever else is a link there
    while IFS= read -r entry; do
        case $entry in
        *' link to '*) target=${entry##*' link to '} && entry=${entry%%' link to '*} ;;
        *) target=${entry##*' -> '} && entry=${entry%%' -> '*} ;;
        esac
        # the name is what follows the time of day; without one the entry is not judged, but refused
        name=$(printf '%s\n' "$entry" | sed -n 's/^.* [0-9][0-9]:[0-9][0-9]\(:[0-9][0-9]\)\{0,1\} //p')
        link_stays "$name" "$target" || refuse "the artifact holds a link that leaves the release: $name -> $target"
        # an entry below a link would be written wherever the link leads
        case $name in */) name=${name%/} ;; esac
        if grep -qF -- " ${name#./}/" "$work/listing" || grep -qF -- " ./${name#./}/" "$work/listing"; then
            refuse "the artifact holds a path that goes through its link $name"
        fi
    done <"$work/links"
}

link_stays() { # NAME TARGET: .. only at the target's front, and not more of them than folders
    case $1 in '' | /* | ../* | */../* | */..) return 1 ;; esac
    case $2 in '' | /*) return 1 ;; esac
    up=${1#./}
    rest=$2
    while :; do
        case $rest in
        ..)
            rest=
            ;;
        ../*) rest=${rest#../} ;;
        *) break ;;
        esac
        case $up in */*) up=${up%/*} ;; *) return 1 ;; esac
    done
    case $rest in ../* | */../* | */..) return 1 ;; esac
    return 0
}

place_release() { # $work/release becomes $release, if the claim still stands
    lock_base
    fence
    if [ -z "$anew" ] && first_line "$release/.interlock-release" && [ "$line" = "$sha256" ]; then
        unlock_base
        return
    fi
    if [ "$anew" ] && [ ! -e "$own/armed" ] && [ "$(readlink "$dir/current")" = "releases/$version" ]; then
        replace_running
        unlock_base
        return
    fi
    if [ -e "$release" ] || [ -L "$release" ]; then
        for link in "$dir/current" "$own/armed"; do
            case $(readlink "$link" 2>/dev/null || cat "$link" 2>/dev/null) in
            "releases/$version" | *" $version "*) refuse "release $version is in use here with other content: give the new content a new version" ;;
            esac
        done
        mv -f -- "$release" "$work/old" || refuse "cannot replace what stands at $release"
    fi
    mv -f -- "$work/release" "$release" 2>/dev/null || refuse "cannot write $release: nothing was changed"
    unlock_base
}
