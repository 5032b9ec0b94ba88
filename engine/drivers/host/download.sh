# ---- artifacts that the host fetches itself -----------------------------------------------------

download() { # $url as $work/artifact. An address may hold a password: it never stands in an argument
    case $url in
    *[[:space:][:cntrl:]]*) refuse "the artifact's address holds spaces: nothing was fetched" ;;
    http://?* | https://?*) ;;
    *) refuse "the artifact's address is not http or https: nothing was fetched" ;;
    esac
    tries=1
    while ! fetch_artifact; do
        # what the server does not have, it will not have a second later
        ! grep -q -e ' 40[0-9]' -e ' 41[0-9]' "$work/complaints" && [ "$tries" -lt 3 ] ||
            answer unfetched "the host could not fetch the artifact from $(shown_url): $(complaint)"
        nap "$tries"
        tries=$((tries + 1))
    done
}

fetch_artifact() { # once, whole; failure if the transfer broke
    rm -f -- "$work/broken"
    { transfer 2>"$work/complaints" || true >"$work/broken"; } | head -c $((artifact_max + 1)) >"$work/artifact" 2>/dev/null ||
        refuse "no space left in $dir for the artifact: nothing was changed"
    bytes=$(stat -c %s -- "$work/artifact")
    [ "$bytes" -le "$artifact_max" ] ||
        refuse "the artifact is larger than the $artifact_max bytes that it may have: nothing was unpacked"
    [ ! -e "$work/broken" ]
}

transfer() { # $url to stdout; redirects are followed. No -T for busybox: Debian's crashes with it
    case $fetcher in
    curl)
        printf 'url = "%s"\n' "$(printf '%s' "$url" | sed 's/[\\"]/\\&/g')" |
            curl -q -sSfL --noproxy '*' --proto '=http,https' --proto-redir '=http,https' --max-redirs 5 --connect-timeout 20 \
                --speed-limit 100 --speed-time 30 --max-time 1800 -K -
        ;;
    wget) printf '%s\n' "$url" | run_within 1800000 wget --no-config -nv -t 1 -T 30 --max-redirect=5 -i - -O - ;;
    *applet)
        host_part=${url#*://}
        case ${host_part%%/*} in
        *@*)
            echo "busybox wget would show the password to everybody on the host: install curl or wget" >&2
            return 1
            ;;
        esac
        # shellcheck disable=SC2086
        run_within 1800000 ${fetcher%applet} wget -q -Y off -O - "$url"
        ;;
    esac
}

shown_url() { # without a login and without a query
    shown=${url%%[?#]*}
    rest=${shown#*://}
    case ${rest%%/*} in *@*) rest=${rest#*@} ;; esac
    printf '%s://%s' "${shown%%://*}" "$rest"
}

complaint() { # the last thing the program said, its addresses left out
    grep . "$work/complaints" 2>/dev/null | tail -n 1 | sed 's|https\{0,1\}://[^ ]*|its address|g' | head -c 300
}
