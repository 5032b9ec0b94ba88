# ---- claim ------------------------------------------------------------------------------------

do_claim() {
    need organization store epoch engine
    verdict=claimed
    while IFS=$TAB read -r key value; do
        [ "$key" = base ] && is_path "$value" || die 64 "refuses a base folder"
        base=$value
        service=.
        locate
        claim_base || break
    done
    say holder "$held"
    answer "$verdict" "${why-}"
}

claim_base() { # $base; sets verdict, held and why
    held=
    if ! mkdir -p -- "$base/.interlock" 2>/dev/null || ! { true >>"$base/.interlock/lock"; } 2>/dev/null; then
        verdict=refused
        why="$base cannot be written: make it writable for this login, or set another base"
        return 1
    fi
    lock_base
    holder
    if may_claim; then
        put_line "$base/.interlock/claim.$organization" "$store $epoch $engine" || die 70 "cannot write the claim in $base"
        flush "$base/.interlock/claim.$organization"
        holder
    fi
    unlock_base
    [ "$held" = "$store $epoch $engine" ] && return 0
    verdict=fenced
    return 1
}

may_claim() { # whether the claim asked for beats $held; if not, $why
    [ "$held" ] || return 0
    # shellcheck disable=SC2086
    set -- $held
    if [ "$1" != "$store" ]; then
        [ "$take_over" = yes ] && return 0
        why="$base is claimed by another store ($1): two engines must not move one host"
    elif [ "$epoch" -gt "$2" ]; then
        return 0
    elif [ "$epoch" -lt "$2" ]; then
        why="$base obeys a newer run of the engine (epoch $2)"
    elif [ "$engine" = "$3" ]; then
        return 0
    else
        why="$base obeys another engine with the same epoch ($3)"
    fi
    return 1
}
