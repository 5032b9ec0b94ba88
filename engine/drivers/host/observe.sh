# ---- observe ----------------------------------------------------------------------------------

do_observe() {
    need organization
    boot_id
    find_fetcher
    specs=$(head -c 4000000)
    say boot "$boot"
    moment=$(date +%s.%N 2>/dev/null)
    case $moment in *[!0-9.]* | *. | '') moment=$(date +%s) ;; esac
    say clock "$moment"
    observe_bases
    clear_spec
    service='' base='' driver=''
    while IFS= read -r text; do
        key=${text%%"$TAB"*}
        value=${text#*"$TAB"}
        case $key in
        service | base | driver) take_argument "$key=$value" ;;
        end)
            need service base driver
            spec_line timeout_ms "$value"
            observe_one </dev/null &
            clear_spec
            ;;
        *) spec_line "$key" "$value" ;;
        esac
    done <<X
$specs
X
    wait
}

observe_bases() { # claim and free space of every base folder asked about
    seen=
    while IFS=$TAB read -r key value; do
        [ "$key" = base ] && is_path "$value" || continue
        case " $seen " in *" $value "*) continue ;; esac
        seen="$seen $value"
        base=$value
        service=.
        locate
        holder
        say claim "$held"
        while [ ! -d "$base" ]; do
            base=${base%/*}
            base=${base:-/}
        done
        free_space "$base"
        say free "$free"
    done <<X
$specs
X
}

observe_one() { # one placement, in one write, since others write at the same time
    locate
    step=
    reported=
    final=
    current_release
    [ "$from" != - ] || from=
    first_line "$own/configuration/digest" || line=
    block="service$TAB$service
release$TAB$from
configuration$TAB$line
sha256$TAB$(marker "$dir/releases/$from")
changed$TAB$(edited)"
    observe_step
    unit_state
    health=unknown
    stranger=
    [ -L "$own/configuration" ] || stranger=yes
    if [ "$unit" = running ] || [ "$stranger" ]; then
        state_why=$why
        if [ "$unit" = running ] || [ "$h_http$h_tcp$h_check" ]; then
            health=failing
            probe_health && health=passing
        fi
        [ -z "$h_version" ] || ask_version
        if [ "$unit" != running ]; then
            # nobody here knows it, but it answers: it runs, and can be adopted
            if [ "$reported" ]; then unit=running; else health=unknown why=$state_why; fi
        fi
    elif [ "$unit" = failed ] || [ "$unit" = stopped ] || [ "$unit" = starting ]; then
        health=failing
    fi
    [ "$health" != passing ] || why=
    printf '%s\nunit\t%s\nrestarts\t%s\nhealth\t%s\nversion\t%s\n%s\n' "$block" "$unit" "$restarts" "$health" "$reported" \
        "$(say detail "$(printf '%s' "$why" | head -c 500)")"
}

marker() { # RELEASE: the sha256 under which it was unpacked, "" if it is not complete
    first_line "$1/.interlock-release" && printf '%s' "$line"
}

edited() { # yes if the files in force are not those that were written with the configuration
    kept=$own/configuration
    [ -e "$kept/sum" ] || return 0
    first_line "$kept/sum"
    { sum_of "$kept" && [ "$line" = "$sum" ]; } && is_installed "$kept" || printf yes
}

is_installed() { # CONFIGURATION: whether systemd has the unit that was written with it
    [ "$driver" = systemd ] && [ -f "$1/unit" ] || return 0
    [ -f "$UNITS/$service.service" ] && same_file "$UNITS/$service.service" "$1/unit"
}

observe_step() { # the step under way; one whose job has died is reversed, apart from this call
    if read_mark; then
        block="$block
step$TAB$m_step"
    elif first_line "$own/working" && is_name "$line" && [ ! -e "$own/steps/$line/result" ]; then
        block="$block
step$TAB$line"
    elif [ ! -e "$own/leaving" ]; then
        return 0
    fi
    { [ -r "$own/job" ] && exec 9<"$own/job"; } 2>/dev/null || return 0
    if flock -n 9; then
        exec 9<&-
        rm -f -- "$own/working"
        [ -z "$mark" ] && [ ! -e "$own/leaving" ] || {
            keep_script
            setsid sh "$own/host.sh" recover driver="$driver" base="$base" service="$service" </dev/null >/dev/null 2>&1 &
        }
    fi
    exec 9<&-
}
