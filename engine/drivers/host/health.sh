# ---- health -----------------------------------------------------------------------------------

find_fetcher() { # what can ask over http, the one with the best time limit first
    fetcher=
    if command -v curl >/dev/null; then
        fetcher=curl
    elif command -v wget >/dev/null; then
        fetcher=wget
        case $(readlink -f "$(command -v wget)") in *busybox*) fetcher=applet ;; esac
    elif command -v busybox >/dev/null && busybox wget --help >/dev/null 2>&1; then
        fetcher="busybox applet"
    fi
}

fetch() { # URL: its body on stdout, failure unless 2xx; what went wrong on stderr
    case $1 in
    *[[:space:][:cntrl:]]*) return 1 ;;
    http://?* | https://?*) ;;
    *)
        echo "is not an http address" >&2
        return 1
        ;;
    esac
    seconds "$h_timeout"
    case $fetcher in
    curl) curl -q -sSf --noproxy '*' --max-time "$secs" -- "$1" ;;
    wget) run_within "$h_timeout" wget --no-config -nv -t 1 --max-redirect=0 -T "$secs" -O - -- "$1" ;;
    *applet) # shellcheck disable=SC2086
        run_within "$h_timeout" ${fetcher%applet} wget -q -Y off -O - "$1"
        ;;
    *)
        echo "cannot be asked: neither curl nor wget is on this host" >&2
        return 1
        ;;
    esac
}

spec_line() { # KEY VALUE: one line of a spec or bundle into h_*
    case $1 in
    http) h_http=$2 ;;
    tcp) h_tcp=$2 ;;
    check) h_check=$h_check${h_check:+
}$2 ;;
    version) h_version=$2 ;;
    observe) h_observe=$h_observe${h_observe:+
}$2 ;;
    observe_ms) is_number "$2" && h_observe_ms=$2 ;;
    timeout_ms) is_number "$2" && h_timeout=$2 ;;
    interval_ms) is_number "$2" && h_interval=$2 ;;
    passes) is_number "$2" && h_passes=$2 ;;
    esac
    :
}

clear_spec() {
    h_http='' h_tcp='' h_check='' h_version='' h_observe='' h_observe_ms=10000 h_timeout=2000 h_interval=1000 h_passes=1
}

probe_health() { # one check of the spec in h_*: 0 if it passes, else $why in words
    why=
    told=
    if [ "$h_http" ]; then
        probe_http && return 0
    elif [ "$h_tcp" ]; then
        probe_tcp && return 0
    elif [ "$h_check" ]; then
        probe_command && return 0
    else
        return 0
    fi
    return 1
}

probe_http() { # where the same address tells the version too, its answer goes to $told
    if [ "$h_http" = "$h_version" ] && [ "$fetcher" = curl ]; then
        # curl is silent unless it fails, and then brings nothing: one stream is enough for both
        said=$({ fetch "$h_http" 2>&1; printf '\n=%s' "$?"; } | head -c 4200 | tr '\000\n\r\t' '    ')
        told=${said%=*}
        [ "${said##*=}" != 0 ] || return 0
        said=${told%"${told##*[! ]}"} told=
    else
        said=$(fetch "$h_http" 2>&1 >/dev/null) && return 0
        said=$(printf '%s\n' "$said" | tail -n 1)
    fi
    why="$h_http: $(printf '%.300s' "${said:-no answer within $h_timeout ms}")"
    return 1
}

nobody_listens() { # whether the check asks a port of this host on which nobody listens: costs less than asking
    case $h_http in
    http://127.0.0.1:* | http://localhost:*) port=${h_http#http://*:} ;;
    *) return 1 ;;
    esac
    port=${port%%[!0-9]*}
    is_number "$port" && [ "$port" -le 65535 ] && [ -r /proc/net/tcp ] || return 1
    port=$(printf ':%04X' "$port")
    ! grep -q -s -e "$port [0-9A-F:]* 0A" /proc/net/tcp /proc/net/tcp6 || return 1
    why="$h_http: nothing listens at that port"
}

probe_command() {
    said=$(
        cd -P -- "$dir/current" 2>/dev/null || exit 0
        { run_within "$h_timeout" sh -c "$h_check" </dev/null 2>&1; printf '\n=%s' "$?"; } | tail -c 300
    )
    [ "${said##*=}" != 0 ] || return 0
    said=$(printf '%s\n' "${said%=*}" | grep . | tail -n 1)
    why="the check command failed${said:+: $said}"
    return 1
}

probe_tcp() { # PORT or ADDRESS:PORT: someone listens there, or a connection is taken
    port=${h_tcp##*:}
    address=${h_tcp%:*}
    [ "$address" != "$h_tcp" ] || address=127.0.0.1
    why="nothing accepts connections on $h_tcp"
    is_number "$port" && [ "$port" -le 65535 ] || return 1
    any=$(printf '00000000:%04X' "$port")
    # shellcheck disable=SC2046
    set -- $(printf '%s' "$address" | tr . ' ')
    here=$any
    if [ $# -eq 4 ] && is_number "$1$2$3$4"; then
        here=$(printf '%02X%02X%02X%02X:%04X' "$4" "$3" "$2" "$1" "$port")
    fi
    six=$(printf '[0-9A-F]\\{32\\}:%04X' "$port")
    grep -q -e ": $any [0-9A-F:]* 0A" -e ": $here [0-9A-F:]* 0A" /proc/net/tcp 2>/dev/null && return 0
    grep -q -e ": $six [0-9A-F:]* 0A" /proc/net/tcp6 2>/dev/null && return 0
    case $address in 127.*) return 1 ;; *[!A-Za-z0-9.-]*) return 1 ;; esac
    [ "$fetcher" = curl ] || return 1
    seconds "$h_timeout"
    took=$(curl -q -s --connect-timeout "$secs" --max-time "$secs" -o /dev/null -w '%{time_connect}' "telnet://$address:$port" </dev/null 2>/dev/null)
    case $took in *[1-9]*) return 0 ;; esac
    return 1
}

ask_version() { # what the service says it is, in $reported ("" if it says nothing usable)
    reported=
    body=$told
    [ "$body" ] || body=$(fetch "$h_version" 2>/dev/null | head -c 4096 | tr '\000\n\r\t' '    ')
    body=${body#"${body%%[! ]*}"}
    body=${body%"${body##*[! ]}"}
    case $body in
    '{'*'}') # nested objects are taken out first: only the object's own "version" counts
        reported=$(printf '%s\n' "$body" | sed -e 's/^{//' -e 's/}$//' -e ':a' -e 's/{[^{}]*}//' -e 'ta' \
            -e 's/.*"version" *: *"\([^"]*\)".*/\1/' -e t -e d)
        ;;
    *) reported=$body ;;
    esac
    is_version "$reported" || reported=
}
