#!/bin/sh
# The host script: all that Interlock does on a host. Called as
#
#     sh host.sh VERB key=value ... <STDIN
#
# It answers on stdout with lines KEY<TAB>VALUE and exits 0 whenever it could answer: a sick
# service is an answer, not an error. 64: called wrongly (stderr says how). 70: this host cannot
# run it at all. Needs sh, tar, sha256sum, flock, setsid and the usual small tools (coreutils or
# busybox), and for http checks one of curl, wget, busybox wget. No value is ever evaluated:
# each is held against an allow-list first.
#
# VERBS (those marked * show a claim: organization= store= epoch= engine=, and are fenced)
#   observe organization=       stdin: per placement the lines service, base, driver, http, tcp,
#                               check, version (those that exist) and `end TIMEOUT_MS`
#                               -> boot, clock, claim.., free, then per placement: service,
#                                  release, configuration, unit, health, detail, version, step
#   claim organization= store= epoch= engine= [take_over=yes]   stdin: base lines
#                               -> result claimed|fenced|refused, holder, detail
#   stage*   version= user= probe= size= sha256= kind=   -> result have|need|refused|fenced, detail
#   upload*  version= size= sha256= kind=   stdin: the artifact   -> result stored|refused|fenced
#   switch*  step= version= configuration= user= min_healthy_ms= healthy_deadline_ms= confirm_ms=
#            wait_ms=   stdin: the bundle (run, env, unit, check, http, tcp, version, timeout_ms,
#            interval_ms, passes)
#                               -> result healthy|reverted|unconfirmed|failed|lost|rebooted|busy|
#                                  running|fenced, detail, log.., confirmed yes
#   withdraw* step= wait_ms=    -> result withdrawn|failed|lost|rebooted|busy|running|fenced
#   confirm* step=              -> result confirmed|fired|unknown|fenced
#   log lines=                  -> log..
# All but observe and claim take driver= base= service=. job, watch, recover and supervise are
# the script's own: what it starts detached.
#
# ON DISK   (BASE relative: below $HOME)
#   BASE/.interlock/lock                 held for moments: fencing, and every rename that decides
#   BASE/.interlock/claim.ORGANIZATION   STORE EPOCH ENGINE
#   BASE/SERVICE/current                 -> releases/VERSION
#   BASE/SERVICE/releases/VERSION/.interlock-release   its sha256: written last, so complete
#   BASE/SERVICE/.interlock/
#     configuration    -> configurations/STEP: run, env, unit, check, health, digest
#     armed            the dead man's switch; `reversing` once it has fired. One line:
#                      STEP BOOT FROM FROM_CONFIGURATION TO DRIVER DEADLINE ORGANIZATION
#     job              lock: whoever holds it is the only one who may touch the service
#     steps/STEP/      started, lock (held until there is a result), job, result, cause,
#                      confirmed or reversed
#     history          a line for each switch that was carried out
#     process/         (driver process) wanted, supervisor, child, log; `mine` once it was started
#                      from here, so that no stranger is left to be stopped
#
# WHY IT SURVIVES A KILL AT ANY INSTANT
#   A step's folder appears complete, by rename; what has a folder is never run again. `armed` is
#   written and synced before `current` moves. Confirming renames `armed` into the step's folder,
#   firing renames it to `reversing`: one file, so exactly one of them wins. `reversing` goes only
#   after the previous release is back and the result is kept; whoever finds `armed` or
#   `reversing` while nobody holds `job` takes the reversal up again, and it may be repeated.

# The verbs are called by name (SC2317), and A && B || C is meant as it reads here (SC2015).
# shellcheck disable=SC2317,SC2015
set -uf
umask 022
LC_ALL=C
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin
export LC_ALL PATH
unset CDPATH ENV BASH_ENV http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
TAB=$(printf '\t')
SELF=$0
UNITS=/etc/systemd/system
LOG_MAX=1048576

# ---- saying and checking --------------------------------------------------------------------

die() { # STATUS SENTENCE
    printf 'interlock host script: %s\n' "$2" >&2
    exit "$1"
}

say() { # KEY VALUE: one line of the answer, whatever the value holds
    case $2 in
    *[[:cntrl:]]*) printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\001-\037\177' ' ')" ;;
    *) printf '%s\t%s\n' "$1" "$2" ;;
    esac
}

answer() { # RESULT [DETAIL]
    say result "$1"
    [ -z "${2-}" ] || say detail "$2"
    exit 0
}

is_name() { # organizations, services, steps, stores, engines, users
    case $1 in '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9._@:+~-]* | *..*) return 1 ;; esac
    [ ${#1} -le 200 ]
}

is_version() {
    case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._+~-]* | *..*) return 1 ;; esac
    [ ${#1} -le 128 ]
}

is_number() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    [ ${#1} -le 15 ]
}

is_hex() {
    case $1 in '' | *[!0-9a-f]*) return 1 ;; esac
    [ ${#1} -le 64 ]
}

is_path() {
    case $1 in '' | / | -* | */-* | *[!A-Za-z0-9._/@+~=,-]* | .. | ../* | */.. | */../*) return 1 ;; esac
    [ ${#1} -le 500 ]
}

is_one_of() { # VALUE WORD...
    wanted_word=$1
    shift
    for word in "$@"; do
        [ "$word" != "$wanted_word" ] || return 0
    done
    return 1
}

take_argument() { # KEY=VALUE: into the variable of that name, if the value is what it may be
    key=${1%%=*}
    value=${1#*=}
    case $key in
    organization | store | engine | service | step | token) is_name "$value" ;;
    epoch | size | lines | min_healthy_ms | healthy_deadline_ms | confirm_ms | wait_ms) is_number "$value" ;;
    base) is_path "$value" ;;
    version) is_version "$value" ;;
    configuration) is_hex "$value" ;;
    sha256) [ -z "$value" ] || is_hex "$value" ;;
    user) [ -z "$value" ] || is_name "$value" ;;
    driver) is_one_of "$value" systemd process ;;
    kind) is_one_of "$value" tar.gz file "" ;;
    act) is_one_of "$value" switch withdraw ;;
    probe | take_over | at_boot) is_one_of "$value" yes "" ;;
    *) die 64 "does not know the argument $(printf '%.40s' "$key" | tr -cd 'A-Za-z0-9_')" ;;
    esac || die 64 "refuses the value given for $key"
    eval "$key=\$value" # the name is one of those above; the value is not evaluated
}

need() { # NAME...: arguments that the verb cannot do without
    for name in "$@"; do
        eval "value=\$$name"
        [ "$value" ] || die 64 "needs the argument $name"
    done
}

# ---- small tools ------------------------------------------------------------------------------

first_line() { # FILE: its first line in $line, "" if there is none
    line=
    [ -r "$1" ] || return 1
    { IFS= read -r line <"$1"; } 2>/dev/null || [ "$line" ]
}

put_line() { # FILE TEXT: atomically, so that a reader sees the old or the new
    printf '%s\n' "$2" >"$1.$$" && mv -f -- "$1.$$" "$1"
}

flush() { # FILE...: to the disk; old syncs know no files and flush everything
    sync -- "$@" 2>/dev/null || sync
}

nap() { # SECONDS; without the locks, so that a killed caller holds none
    sleep "$1" 7>&- 8>&- 9>&- 2>/dev/null || sleep 1 7>&- 8>&- 9>&-
}

uptime_cs() { # the host's monotonic clock in $now, in hundredths of a second
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}
    while :; do
        case $now in 0?*) now=${now#0} ;; *) break ;; esac
    done
}

seconds() { # MILLISECONDS: as a decimal in $secs
    secs=$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))
}

boot_id() { # in $boot
    first_line "${INTERLOCK_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}" || die 70 "cannot read the boot id"
    boot=$(printf '%s' "$line" | tr -cd 'A-Za-z0-9-')
    [ "$boot" ] || die 70 "cannot read the boot id"
}

started_at() { # PID: its start in ticks since boot in $ticks, or failure if it does not run
    ticks=
    first_line "/proc/$1/stat" || return 1
    # shellcheck disable=SC2086
    set -- ${line##*)}
    [ $# -ge 20 ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
    ticks=${20}
}

is_alive() { # PID TICKS: whether that very process still runs (pids are used again)
    is_number "${1-}" && started_at "$1" && [ "$ticks" = "${2-}" ]
}

run_within() { # MILLISECONDS COMMAND...: killed when it takes longer
    limit=$(($1 / 1000 + ($1 % 1000 > 0)))
    shift
    if command -v timeout >/dev/null; then
        timeout -s KILL "$limit" "$@"
    else
        "$@" &
        limited=$!
        (
            sleep "$limit"
            kill -9 "$limited"
        ) >/dev/null 2>&1 &
        limiter=$!
        wait "$limited"
        limited=$?
        kill "$limiter" 2>/dev/null
        return "$limited"
    fi
}

link_to() { # LINK TARGET: switched atomically. mv -T, or what an old busybox has instead
    [ ! -e "$1" ] || [ -L "$1" ] || return 1
    rm -f -- "$1.new" && ln -s -- "$2" "$1.new" || return 1
    mv -fT -- "$1.new" "$1" 2>/dev/null && return 0
    [ ! -L "$1" ] || rm -f -- "$1"
    mv -f -- "$1.new" "$1"
}

# ---- places and locks -------------------------------------------------------------------------

locate() { # the placement's folders, from $base and $service
    case $base in
    /*) ;;
    *) base=${HOME:?}/$base ;;
    esac
    dir=$base/$service
    own=$dir/.interlock
}

lock_within() { # FD MILLISECONDS [-s]: the lock in that descriptor, waiting at most so long
    seconds "$2"
    # shellcheck disable=SC2086
    flock -E 9 ${3-} -w "$secs" "$1" 2>/dev/null && return 0
    [ $? -ne 9 ] || return 1
    uptime_cs
    until_cs=$((now + $2 / 10))
    # a flock without -w (busybox)
    # shellcheck disable=SC2086
    while ! flock ${3-} -n "$1" 2>/dev/null; do
        uptime_cs
        [ "$now" -lt "$until_cs" ] || return 1
        nap 0.1
    done
}

lock_base() { # the lock under which everything is decided
    { [ -e "$base/.interlock/lock" ] || : >>"$base/.interlock/lock"; } 2>/dev/null
    [ -r "$base/.interlock/lock" ] || die 70 "cannot open $base/.interlock/lock"
    exec 7<"$base/.interlock/lock"
    lock_within 7 20000 || die 70 "waited 20 s for $base/.interlock/lock"
}

unlock_base() { exec 7>&-; }

open_job() { # the service's lock as descriptor 9, not taken yet
    { [ -e "$own/job" ] || : >>"$own/job"; } 2>/dev/null
    [ -r "$own/job" ] || die 70 "cannot open $own/job"
    exec 9<"$own/job"
}

holder() { # of the claim on $base, in $held
    held=
    first_line "$base/.interlock/claim.$organization" && held=$line
    :
}

fence() { # under lock_base: only the holder of the claim goes on
    holder
    [ "$held" != "$store $epoch $engine" ] || return 0
    say holder "$held"
    answer fenced "this host obeys ${held:-nobody yet}, not $store $epoch $engine"
}

enter() { # what every verb that changes something begins with: placed, locked, fenced
    need organization store epoch engine driver base service
    locate
    holder
    if [ -z "$held" ]; then
        fence
    fi
    lock_base
    fence
}

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
    if ! mkdir -p -- "$base/.interlock" 2>/dev/null || ! { : >>"$base/.interlock/lock"; } 2>/dev/null; then
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

unpack() { # $work/artifact into $work/release, after every name in it was judged
    tar -tvzf "$work/artifact" >"$work/listing" 2>"$work/complaints" || refuse "the artifact is not a sound tar.gz: $(tail -n 1 "$work/complaints")"
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
    tar -xzof "$work/artifact" -C "$work/release" 2>"$work/complaints" || refuse "could not unpack the artifact: $(tail -n 1 "$work/complaints"); nothing was changed"
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

place_release() { # $work/release becomes releases/VERSION, if the claim still stands
    release=$dir/releases/$version
    lock_base
    fence
    if first_line "$release/.interlock-release" && [ "$line" = "$sha256" ]; then
        unlock_base
        answer stored
    fi
    if [ -e "$release" ] || [ -L "$release" ]; then
        for link in "$dir/current" "$own/armed"; do
            case $(readlink "$link" 2>/dev/null || cat "$link" 2>/dev/null) in
            "releases/$version" | *" $version "*) refuse "release $version is in use here with other content: give the new content a new version" ;;
            esac
        done
        mv -f -- "$release" "$work/old" || refuse "cannot replace what stands at $release"
    fi
    mv -f -- "$work/release" "$release" || refuse "cannot write $release"
    unlock_base
    answer stored
}

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
    timeout_ms) is_number "$2" && h_timeout=$2 ;;
    interval_ms) is_number "$2" && h_interval=$2 ;;
    passes) is_number "$2" && h_passes=$2 ;;
    esac
    :
}

clear_spec() {
    h_http='' h_tcp='' h_check='' h_version='' h_timeout=2000 h_interval=1000 h_passes=1
}

probe_health() { # one check of the spec in h_*: 0 if it passes, else $why in words
    why=
    if [ "$h_http" ]; then
        said=$(fetch "$h_http" 2>&1 >/dev/null) && return 0
        said=$(printf '%s\n' "$said" | tail -n 1 | head -c 300)
        why="$h_http: ${said:-no answer within $h_timeout ms}"
    elif [ "$h_tcp" ]; then
        probe_tcp && return 0
    elif [ "$h_check" ]; then
        probe_command && return 0
    else
        return 0
    fi
    return 1
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
    body=$(fetch "$h_version" 2>/dev/null | head -c 4096 | tr -d '\000' | tr '\n\r\t' '   ')
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

# ---- the drivers: what runs, starting, stopping -------------------------------------------------

unit_state() { # $unit, $ident (changes when it was restarted), $why if it does not run
    ident=
    why=
    "state_$driver"
}

start_service() { "start_$driver"; }
stop_service() { "stop_$driver"; }

state_systemd() {
    loaded='' active='' sub='' pid='' restarts='' outcome=''
    while IFS='=' read -r key value; do
        case $key in
        LoadState) loaded=$value ;; ActiveState) active=$value ;; SubState) sub=$value ;;
        MainPID) pid=$value ;; NRestarts) restarts=$value ;; Result) outcome=$value ;;
        esac
    done <<X
$(systemctl show -p LoadState -p ActiveState -p SubState -p MainPID -p NRestarts -p Result -- "$service.service" 2>/dev/null)
X
    ident="$pid/$restarts"
    case $loaded/$active/$sub in
    not-found/*) unit=absent why="no unit $service.service" ;;
    */active/* | */reloading/*) unit=running ;;
    */failed/*) unit=failed final=yes why="$service.service failed ($outcome)" ;;
    */activating/auto-restart*) unit=failed why="$service.service keeps ending and is restarted ($outcome, ${restarts:-some} restarts)" ;;
    */activating/*) unit=stopped why="$service.service is still starting" ;;
    */inactive/* | */deactivating/*) unit=stopped why="$service.service is stopped" ;;
    *) unit=unknown why="systemd says nothing of $service.service" ;;
    esac
}

start_systemd() { # restarts it; $why if systemd refuses
    systemctl reset-failed -- "$service.service" 2>/dev/null
    said=$(run_within 120000 systemctl restart -- "$service.service" 2>&1 8>&- 9>&-) && return 0
    why="systemctl restart: $(printf '%s\n' "$said" | head -n 1 | head -c 300)"
    return 1
}

stop_systemd() {
    said=$(run_within 120000 systemctl stop -- "$service.service" 2>&1) && return 0
    case $said in *"not loaded"*) return 0 ;; esac
    why="systemctl stop: $(printf '%s\n' "$said" | head -n 1 | head -c 300)"
    return 1
}

install_systemd() { # CONFIGURATION: its unit file, or none, becomes systemd's; quick if it is already
    file=$UNITS/$service.service
    if [ -f "$1/unit" ]; then
        [ -f "$file" ] && [ "$(cat "$file")" = "$(cat "$1/unit")" ] && return 0
        cat "$1/unit" >"$file.interlock" && mv -f -- "$file.interlock" "$file" || return 1
        flush "$file"
        if grep -q '^\[Install\]' "$file"; then
            systemctl enable --quiet -- "$service.service" 2>/dev/null || systemctl daemon-reload
        else
            systemctl daemon-reload
        fi
    elif [ -e "$file" ]; then
        systemctl disable --quiet -- "$service.service" 2>/dev/null
        rm -f -- "$file"
        systemctl daemon-reload
    fi
}

log_systemd() { # LINES [SINCE, Unix time]
    journalctl -q --no-pager -o cat -u "$service.service" -n "$1" ${2:+--since "@$2"} 2>/dev/null
}

# Without systemd: a supervisor in its own session, and the service in another. Both carry a mark
# in their environment, by which they are found again whatever became of their pid files.

state_process() {
    first_line "$own/process/child" || line=
    # shellcheck disable=SC2086
    set -- $line
    ident=$line
    if is_alive "${1-}" "${2-}"; then
        unit=running
        return
    fi
    first_line "$own/process/supervisor" || line=
    # shellcheck disable=SC2086
    set -- $line
    if is_alive "${1-}" "${2-}"; then
        unit=failed why="the process has ended and is being restarted ($ident)"
    elif [ -e "$own/process/wanted" ]; then
        unit=failed why="neither the process nor its supervisor runs"
    elif [ -L "$own/configuration" ]; then
        unit=stopped why="the process is stopped"
    elif [ ! -L "$dir/current" ]; then
        unit=absent why="nothing is installed"
    elif [ "$(strangers)" ]; then
        unit=running ident=adopted
    else
        unit=stopped why="no process runs in $dir"
    fi
}

marked() { # NAME FILE: pids whose environment carries the mark NAME of this service, and FILE's
    (
        set +f
        grep -l -z -x -F -e "$1=$dir;" /proc/[0-9]*/environ 2>/dev/null
    ) | sed 's|^/proc/\([0-9]*\)/.*|\1|'
    first_line "$own/process/$2" || return 0
    # shellcheck disable=SC2086
    set -- $line
    ! is_alive "${1-}" "${2-}" || echo "$1"
}

strangers() { # pids of what was started here by somebody else, persons' shells left out
    real=$(cd -P -- "$dir" 2>/dev/null && pwd -P) || return 0
    (
        set +f
        ls -ld /proc/[0-9]*/cwd 2>/dev/null
    ) | sed -n "s|^.* /proc/\([0-9]*\)/cwd -> \(.*\)\$|\1 \2/|p" | while read -r pid place; do
        case $place in "$real"/*) ;; *) continue ;; esac
        first_line "/proc/$pid/stat" || continue
        # shellcheck disable=SC2086
        set -- ${line##*)}
        [ "${5-1}" = 0 ] && [ "$1" != Z ] && echo "$pid"
    done
}

start_process() {
    stop_process
    { mkdir -p -- "$own/process" && : >"$own/process/mine"; } 2>/dev/null || return 1
    uptime_cs
    token=$now.$$
    put_line "$own/process/wanted" "$token" || return 1
    cap_log "$own/process/log"
    INTERLOCK_SUPERVISES="$dir;" setsid sh "$own/host.sh" supervise base="$base" service="$service" token="$token" \
        </dev/null >>"$own/process/log" 2>&1 7>&- 8>&- 9>&- &
    supervisor=$!
    started_at "$supervisor"
    put_line "$own/process/supervisor" "$supervisor $ticks"
}

stop_process() { # no supervisor first, so that nothing is restarted; then the process groups
    rm -f -- "$own/process/wanted"
    for pid in $(marked INTERLOCK_SUPERVISES supervisor); do
        kill -KILL "$pid" 2>/dev/null
    done
    adopted=
    [ -e "$own/process/mine" ] || adopted=yes
    uptime_cs
    patience=$((now + 500))
    signal=TERM
    told=
    pause=0.02
    while :; do
        pids=$(marked INTERLOCK_RUNS child)
        [ -z "$adopted" ] || pids="$pids $(strangers)"
        # shellcheck disable=SC2086
        set -- $pids
        [ $# -gt 0 ] || break
        uptime_cs
        if [ "$now" -ge "$patience" ]; then
            signal=KILL told=
            [ "$now" -lt $((patience + 500)) ] || return 1
        fi
        for pid in "$@"; do
            case " $told " in *" $pid "*) continue ;; esac
            kill "-$signal" "-$pid" 2>/dev/null # its group, if it leads one
            kill "-$signal" "$pid" 2>/dev/null
            told="$told $pid"
        done
        nap "$pause"
        pause=0.1
    done
    rm -f -- "$own/process/supervisor" "$own/process/child"
}

do_supervise() { # keeps the service running until `wanted` no longer holds the token given
    locate
    log=$own/process/log
    (
        while sleep 60; do cap_log "$log"; done
    ) </dev/null >/dev/null 2>&1 &
    restarts=0
    backoff=500
    while first_line "$own/process/wanted" && [ "$line" = "$token" ]; do
        run=$(readlink -f "$own/configuration/run")
        if [ "$run" ] && cd -P -- "$dir/current"; then
            env -i PATH="$PATH" HOME="${HOME:-/}" USER="${USER:-}" LOGNAME="${LOGNAME:-}" INTERLOCK_RUNS="$dir;" \
                setsid sh "$run" &
            child=$!
            started_at "$child"
            put_line "$own/process/child" "$child $ticks $restarts"
            uptime_cs
            began=$now
            wait "$child"
            echo "interlock: the process ended with status $?"
            uptime_cs
            [ $((now - began)) -lt 1000 ] || backoff=500
        fi
        seconds "$backoff"
        sleep "$secs"
        [ "$backoff" -ge 8000 ] || backoff=$((backoff * 2))
        restarts=$((restarts + 1))
        cap_log "$log"
    done
    exit 0
}

install_process() { :; }

cap_log() { # FILE: its last part only; the writers append, so it may be cut under them
    [ -f "$1" ] && [ "$(wc -c <"$1")" -gt $((LOG_MAX * 2)) ] || return 0
    tail -c "$LOG_MAX" "$1" >"$1.tail" && cat "$1.tail" >"$1"
    rm -f -- "$1.tail"
}

log_process() { # LINES [SINCE, a length of the log]
    [ -f "$own/process/log" ] || return 0
    tail -c "+$((${2:-0} + 1))" "$own/process/log" | tail -n "$1"
}

clean_log() { # lines from a service, as they may be shown
    escape=$(printf '\033')
    bell=$(printf '\007')
    tr -d '\000' | sed -e "s/$escape\[[0-9;?]*[A-Za-z]//g" -e "s/$escape\][^$bell$escape]*$bell//g" |
        tr -d '\001-\010\013-\037\177' | cut -c 1-500
}

do_log() {
    need driver base service
    locate
    "log_$driver" "${lines:-50}" | clean_log | sed "s/^/log$TAB/"
}

# ---- steps: calling ---------------------------------------------------------------------------

do_switch() {
    need step version configuration
    begin switch
}

do_withdraw() {
    need step
    begin withdraw
}

begin() { # ACT: starts the step, or attaches to it if its name was used before
    act=$1
    enter
    steps=$own/steps
    [ ! -d "$steps/$step" ] || attach
    unlock_base
    boot_id
    mkdir -p -- "$steps" "$own/configurations" || answer failed "$dir cannot be written: nothing was changed"
    new=$steps/.new.$$
    rm -rf -- "$new"
    { mkdir -m 700 -- "$new" && head -c 2000000 >"$new/bundle" && : >"$new/lock" && put_line "$new/started" "$boot"; } 2>/dev/null ||
        answer failed "$own cannot be written (is the disk full?): nothing was changed"
    wait_until_free
    mv -f -- "$new" "$steps/$step"
    launch
    attach
}

wait_until_free() { # comes back under lock_base, fenced, when nobody else is at this service
    open_job
    tries=0
    while :; do
        lock_base
        fence
        if [ -d "$steps/$step" ]; then
            rm -rf -- "$new"
            attach
        fi
        if flock -n 9; then
            [ -e "$own/armed" ] || [ -e "$own/reversing" ] || break
            exec 9<&-
            recover_apart
            open_job
        else
            tries=$((tries + 1))
        fi
        unlock_base
        if [ "$tries" -ge 50 ]; then
            rm -rf -- "$new"
            first_line "$own/working"
            answer busy "the step ${line:-of another change} is under way on $service"
        fi
        nap 0.1
    done
    exec 9<&-
}

launch() { # the job, detached from this call; returns when it has its locks
    set -- job act="$act" driver="$driver" base="$base" service="$service" step="$step" organization="$organization" \
        store="$store" epoch="$epoch" engine="$engine"
    if [ "$act" = switch ]; then
        set -- "$@" version="$version" configuration="$configuration" min_healthy_ms="$min_healthy_ms" \
            healthy_deadline_ms="$healthy_deadline_ms" confirm_ms="$confirm_ms"
    fi
    keep_script
    detach "$(unit_of step)" "" "$@"
    tries=0
    while [ ! -e "$steps/$step/job" ] && [ "$tries" -lt 500 ]; do
        [ -z "$detached" ] || kill -0 "$detached" 2>/dev/null || break
        nap 0.02
        tries=$((tries + 1))
    done
    unlock_base
}

keep_script() { # a copy of this script beside the service: what is detached must outlive the caller's
    [ -f "$own/host.sh" ] && [ "$(cat "$SELF")" = "$(cat "$own/host.sh")" ] && return 0
    cat "$SELF" >"$own/host.sh.$$" && mv -f -- "$own/host.sh.$$" "$own/host.sh" || die 70 "cannot write $own/host.sh"
}

detach() { # UNIT SECONDS ARGUMENT...: run this script by itself, under systemd where it can; SECONDS "" = now
    unit_name=$1
    delay=$2
    detached=
    shift 2
    if [ "$driver" = systemd ] && command -v systemd-run >/dev/null; then
        systemd-run --quiet --collect --unit="$unit_name" ${delay:+--on-active="$delay" --timer-property=AccuracySec=1s} \
            ${INTERLOCK_BOOT_ID_FILE:+--setenv=INTERLOCK_BOOT_ID_FILE="$INTERLOCK_BOOT_ID_FILE"} \
            /bin/sh "$own/host.sh" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- && return 0
    fi
    setsid sh "$own/host.sh" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    detached=$!
}

unit_of() { # KIND: the name under which systemd runs that part of this step
    printf 'interlock-%s-%s' "$1" "$(printf '%s' "$service/$step" | cksum | tr ' ' -)"
}

attach() { # waits until the step has a result, and answers with it
    unlock_base
    steps=$own/steps
    exec 8<"$steps/$step/lock"
    uptime_cs
    limit=$((now + ${wait_ms:-60000} / 10))
    while :; do
        uptime_cs
        left=$(((limit - now) * 10))
        [ "$left" -gt 0 ] && lock_within 8 "$left" -s || answer running "the step is still at work"
        flock -u 8
        is_settled && tell_result
        recover_apart
        nap 0.1
    done
}

is_settled() { # whether the step has a result that is not just being overtaken by its reversal
    [ -e "$steps/$step/result" ] || return 1
    read_mark && [ "$m_step" = "$step" ] || return 0
    [ "$mark" = armed ] || return 1
    boot_id
    [ "$m_boot" = "$boot" ]
}

tell_result() {
    cat "$steps/$step/result"
    [ ! -e "$steps/$step/confirmed" ] || say confirmed yes
    exit 0
}

recover_apart() { # a recovery that does not end with this call; waits for it
    keep_script
    setsid sh "$own/host.sh" recover driver="$driver" base="$base" service="$service" ${step:+step="$step"} \
        </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    wait $!
}

do_confirm() {
    need step
    enter
    mine=$own/steps/$step
    [ -d "$mine" ] || answer unknown "no step of that name was run here"
    [ ! -e "$mine/confirmed" ] || answer confirmed
    if read_mark && [ "$m_step" = "$step" ] && [ "$mark" = armed ]; then
        boot_id
        if [ "$m_boot" != "$boot" ]; then
            unlock_base
            recover_apart
            answer fired "the host was restarted before the confirmation came"
        fi
        first_line "$mine/result" && [ "$line" = "result${TAB}healthy" ] || answer unknown "the step is not healthy yet"
        mv -f -- "$own/armed" "$mine/confirmed" || die 70 "cannot confirm: $own cannot be written"
        flush "$own" "$mine"
        answer confirmed
    fi
    first_line "$mine/result"
    case $line in
    *healthy | *reverted | *unconfirmed | *lost | *rebooted) answer fired "the previous release was put back before the confirmation came" ;;
    esac
    answer unknown "the step has nothing to confirm (${line:-no result})"
}

# ---- steps: the job ---------------------------------------------------------------------------

do_job() {
    locate
    steps=$own/steps
    mine=$steps/$step
    trap '' HUP PIPE
    exec 8<"$mine/lock"
    flock -n 8 || exit 0
    open_job
    lock_within 9 10000 || exit 0
    [ ! -e "$mine/result" ] || exit 0
    started_at $$
    put_line "$own/working" "$step"
    put_line "$mine/job" "$$ $ticks"
    boot_id
    find_fetcher
    "job_$act"
    rm -f -- "$own/working"
    [ "$driver" != systemd ] || systemctl stop --no-block -- "$(unit_of guard).timer" 2>/dev/null
    exit 0
}

publish() { # RESULT [DETAIL [LOG]]: kept for ever, and whoever waits gets it
    {
        say result "$1"
        [ -z "${2-}" ] || say detail "$2"
        [ -z "${3-}" ] || printf '%s\n' "$3" | sed "s/^/log$TAB/"
    } >"$mine/result.$$" && mv -f -- "$mine/result.$$" "$mine/result"
}

give_up() { # SENTENCE: before anything was switched
    publish failed "$1"
    rm -f -- "$own/working"
    exit 0
}

remember() { # FROM TO
    printf '%s\t%s\t%s\t%s\n' "$step" "$1" "$2" "$(date +%s)" >>"$own/history"
}

current_release() { # in $from, - if there is none
    from=$(readlink "$dir/current" 2>/dev/null)
    from=${from%/}
    from=${from##*/}
    is_version "$from" || from=-
}

job_switch() {
    [ -d "$dir/releases/$version" ] || give_up "release $version is not on this host: stage it first"
    if [ -e "$dir/current" ] && [ ! -L "$dir/current" ]; then
        give_up "$dir/current is not a link that Interlock could switch: move it away"
    fi
    current_release
    write_configuration || give_up "cannot write the configuration below $own (is the disk full?)"
    from_configuration=$(readlink "$own/configuration" 2>/dev/null)
    from_configuration=${from_configuration##*/}
    if [ -z "$from_configuration" ]; then
        from_configuration=-
        [ "$from" = - ] || adopt
    fi
    guard_boots
    arm || give_up "cannot write $own/armed (is the disk full?): nothing was switched"
    uptime_cs
    deadline=$((now + healthy_deadline_ms / 10))
    carry_out
}

write_configuration() { # the bundle, as files of configurations/STEP
    made=$own/configurations/$step
    new=$own/configurations/.new.$$
    rm -rf -- "$new" "$made"
    mkdir -- "$new" || return 1
    for part in run env unit check; do
        grep -q "^$part$TAB" "$mine/bundle" || continue
        sed -n "s/^$part$TAB//p" "$mine/bundle" >"$new/$part" || return 1
        case $part in
        unit) is_path "$dir" && sed "s|@SERVICE_DIR@|$dir|g" "$new/unit" >"$new/unit.new" && mv -f -- "$new/unit.new" "$new/unit" || return 1 ;;
        env) chmod 600 "$new/env" ;;
        run) [ "$driver" = systemd ] || chmod 600 "$new/run" ;;
        esac
    done
    grep -v -e "^run$TAB" -e "^env$TAB" -e "^unit$TAB" "$mine/bundle" >"$new/health"
    put_line "$new/digest" "$configuration" && mv -f -- "$new" "$made" && rm -f -- "$mine/bundle"
}

read_health() { # the health part of a configuration folder, into h_*
    clear_spec
    while IFS= read -r text; do
        spec_line "${text%%"$TAB"*}" "${text#*"$TAB"}"
    done <"$1/health"
}

adopt() { # what Interlock did not deploy becomes something that can be put back
    [ -e "$dir/releases/$from/.interlock-release" ] || put_line "$dir/releases/$from/.interlock-release" adopted
    kept=$own/configurations/adopted
    mkdir -p -- "$kept" || return 0
    from_configuration=adopted
    if [ "$driver" = systemd ]; then
        [ ! -f "$UNITS/$service.service" ] || cat "$UNITS/$service.service" >"$kept/unit"
        return
    fi
    pid=$(strangers | head -n 1)
    if [ "$pid" ] && ! has_newline "/proc/$pid/cmdline" && quoted "/proc/$pid/cmdline" >"$kept/words" && [ -s "$kept/words" ]; then
        {
            quoted "/proc/$pid/environ" | sed -n "s/^'\([A-Za-z_][A-Za-z0-9_]*\)=/export \1='/p"
            printf 'exec'
            sed 's/^/ /' "$kept/words" | tr -d '\n'
            echo
        } >"$kept/run"
    else
        # nothing runs to learn from: the new configuration is the best there is
        cat "$made/run" >"$kept/run"
    fi
    chmod 600 "$kept/run"
    rm -f -- "$kept/words"
}

has_newline() { [ "$(tr -dc '\n' <"$1" | wc -c)" -gt 0 ]; }

quoted() { # FILE of NUL-ended words: one a line, quoted for the shell
    tr '\000' '\n' <"$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"
}

arm() { # from here on the previous release comes back unless this step is confirmed
    uptime_cs
    backstop=$((now + (healthy_deadline_ms + confirm_ms) / 10))
    put_line "$own/arming" "$step $boot $from $from_configuration $version $driver $backstop" || return 1
    flush "$own/arming" "$made/run"
    lock_base
    mv -f -- "$own/arming" "$own/armed" || return 1
    unlock_base
    remember "$from" "$version"
    flush "$own/armed" "$own" "$own/history"
    detach "$(unit_of guard)" $(((healthy_deadline_ms + confirm_ms) / 1000 + 5)) \
        watch driver="$driver" base="$base" service="$service" step="$step"
}

guard_boots() { # systemd: a unit that reverses an unconfirmed switch before the service starts
    [ "$driver" = systemd ] || return 0
    file=$UNITS/interlock-recover-$service.service
    text="# Written by Interlock: puts back what was switched and not confirmed when the host went down.
[Unit]
Description=Reverse an unconfirmed switch of $service
Before=$service.service
RequiresMountsFor=$dir
ConditionPathExists=|$own/armed
ConditionPathExists=|$own/reversing
[Service]
Type=oneshot
ExecStart=/bin/sh $own/host.sh recover driver=systemd base=$base service=$service at_boot=yes
[Install]
WantedBy=multi-user.target"
    [ -f "$file" ] && [ "$(cat "$file")" = "$text" ] && return 0
    put_line "$file" "$text" && mkdir -p "$UNITS/multi-user.target.wants" &&
        ln -sf "../interlock-recover-$service.service" "$UNITS/multi-user.target.wants/interlock-recover-$service.service"
    flush "$file"
}

carry_out() { # armed: switch, restart, judge, and wait to be confirmed
    final=
    read_health "$made"
    note_log
    why="could not switch $dir/current and put the configuration in place"
    if put_in_place "$version" "$step" && restart_and_judge; then
        lock_base
        if [ -e "$own/armed" ]; then
            publish healthy
            unlock_base
            exec 8<&-
            await_confirmation && return
            cause unconfirmed "healthy, but no confirmation came within $confirm_ms ms"
        else
            unlock_base
        fi
    else
        cause reverted "$why" "$("log_$driver" 20 "$log_start" | clean_log)"
    fi
    fire && reverse
}

restart_and_judge() {
    why="could not be started"
    start_service && judge
}

note_log() { # where the service's log stands now, in $log_start
    if [ "$driver" = systemd ]; then
        log_start=$(date +%s)
    else
        log_start=0
        [ ! -f "$own/process/log" ] || log_start=$(wc -c <"$own/process/log")
    fi
}

put_in_place() { # RELEASE CONFIGURATION: the links, then the driver's own files; - is none
    if [ "$2" = - ]; then
        rm -f -- "$own/configuration"
    else
        link_to "$own/configuration" "configurations/$2" || return 1
    fi
    if [ "$1" = - ]; then
        rm -f -- "$dir/current"
    else
        link_to "$dir/current" "releases/$1" || return 1
    fi
    flush "$dir" "$own"
    "install_$driver" "$own/configurations/$2"
}

judge() { # 0 once it has been healthy long enough; else $why
    since=
    streak=0
    pause=100
    known=
    worst=
    while :; do
        [ -e "$own/armed" ] || return 1
        if check_once; then
            uptime_cs
            [ "$since" ] || since=$now pause=100
            streak=$((streak + 1))
            held=$(((now - since) * 10))
            [ "$streak" -lt "$h_passes" ] || [ "$held" -lt "$min_healthy_ms" ] || return 0
            why="it was healthy for only $held ms of $min_healthy_ms ms${worst:+; before that: $worst}"
        else
            uptime_cs
            since=
            streak=0
            worst=$why
            [ -z "$final" ] || return 1
        fi
        left=$(((deadline - now) * 10))
        [ "$left" -gt 0 ] || return 1
        next=$pause
        [ "$next" -lt "$left" ] || next=$left
        if [ "$since" ] && [ "$streak" -ge $((h_passes - 1)) ]; then
            left=$((min_healthy_ms - held + 10))
            [ "$left" -gt "$next" ] || [ "$left" -le 10 ] || next=$left
        fi
        seconds "$next"
        nap "$secs"
        pause=$((pause * 2))
        [ "$pause" -lt "$h_interval" ] || pause=$h_interval
    done
}

check_once() { # alive, not restarted since the last look, its check passes, and it is what it should be
    unit_state
    [ "$unit" = running ] || return 1
    if [ "$known" ] && [ "$known" != "$ident" ]; then
        known=$ident
        why="the process ended and was restarted"
        return 1
    fi
    known=$ident
    probe_health || return 1
    [ "$h_version" ] || return 0
    ask_version
    [ "$reported" != "$version" ] || return 0
    why="$h_version reports ${reported:-no version}, not $version"
    return 1
}

await_confirmation() { # 0 if `armed` is gone: confirmed, or fired by somebody else
    uptime_cs
    until_cs=$((now + confirm_ms / 10))
    pause=50
    while [ -e "$own/armed" ]; do
        uptime_cs
        [ "$now" -lt "$until_cs" ] || return 1
        next=$(((until_cs - now) * 10))
        [ "$next" -lt "$pause" ] || next=$pause
        seconds "$next"
        nap "$secs"
        [ "$pause" -ge 400 ] || pause=$((pause * 2))
    done
    [ ! -e "$mine/confirmed" ] || prune_configurations
    return 0
}

prune_configurations() { # all but the present and the previous one: they may hold secrets
    find "$own/configurations" -mindepth 1 -maxdepth 1 ! -name "$step" ! -name "$from_configuration" -exec rm -rf -- '{}' +
}

job_withdraw() {
    current_release
    remember "$from" -
    why="could not stop it"
    if stop_service && put_in_place - -; then
        [ "$driver" != systemd ] || rm -f -- "$UNITS/interlock-recover-$service.service" "$UNITS/multi-user.target.wants/interlock-recover-$service.service"
        publish withdrawn
    else
        publish failed "$why"
    fi
}

# ---- the dead man's switch ----------------------------------------------------------------------

read_mark() { # the switch that is armed or being reversed, in m_*; $mark says which
    mark=
    for name in armed reversing; do # in the order in which it goes from one to the other
        first_line "$own/$name" || continue
        mark=$name
        # shellcheck disable=SC2086
        set -- $line
        m_step=${1-} m_boot=${2-} m_from=${3-} m_configuration=${4-}
        is_name "$m_step" && return 0
    done
    return 1
}

cause() { # RESULT DETAIL [LOG]: why the step will be reversed; the first to say it is believed
    [ -e "$mine/cause" ] && return 0
    {
        say result "$1"
        say detail "$2"
        [ -z "${3-}" ] || printf '%s\n' "$3" | sed "s/^/log$TAB/"
    } >"$mine/cause.$$" && mv -f -- "$mine/cause.$$" "$mine/cause"
}

fire() { # the one rename that decides; failure if the confirmation was first
    lock_base
    mv -f -- "$own/armed" "$own/reversing" 2>/dev/null
    fired=$?
    flush "$own"
    unlock_base
    return "$fired"
}

reverse() { # `reversing` is there, `job` is held: put the previous release back. May be repeated.
    read_mark || return 0
    mine=$own/steps/$m_step
    mkdir -p -- "$mine"
    untouched=
    if [ "${1-}" = look ] && [ "$m_boot" = "$boot" ]; then
        current_release
        now_configuration=$(readlink "$own/configuration" 2>/dev/null)
        now_configuration=${now_configuration##*/}
        [ "$from/${now_configuration:--}" != "$m_from/$m_configuration" ] || untouched=yes
    fi
    why=
    if [ -z "$untouched" ]; then
        [ "$m_from" != - ] || stop_service
        put_in_place "$m_from" "$m_configuration"
        [ "$m_from" = - ] || [ "$at_boot" = yes ] || start_service
    fi
    {
        cat "$mine/cause" 2>/dev/null
        if [ "$m_from" = - ]; then
            say detail "nothing was installed before, so it was stopped"
        else
            say detail "release $m_from was put back${why:+, but it does not start: $why}"
        fi
    } >"$mine/result.$$" && mv -f -- "$mine/result.$$" "$mine/result"
    flush "$mine/result"
    mv -f -- "$own/reversing" "$mine/reversed"
    flush "$own"
    rm -f -- "$own/working"
}

do_recover() { # whoever finds a dead step: takes the service's lock, or leaves it to who has it
    need driver base service
    locate
    [ -d "$own" ] || exit 0
    trap '' HUP PIPE
    boot_id
    open_job
    flock -n 9 || exit 0
    recover
    exit 0
}

recover() { # under the service's lock: nobody is at work here, so what is armed is dead
    looked=
    if read_mark; then
        mine=$own/steps/$m_step
        mkdir -p -- "$mine"
        if [ "$m_boot" != "$boot" ]; then
            cause rebooted "the host was restarted before the step was confirmed"
        elif [ -e "$mine/result" ]; then
            cause unconfirmed "healthy, but its job was killed before a confirmation came"
        else
            cause lost "the step's job was killed"
        fi
        if [ "$mark" = armed ]; then
            looked=look
            fire || return 0
        fi
        reverse "$looked"
    fi
    [ "$step" ] && [ -d "$own/steps/$step" ] && [ ! -e "$own/steps/$step/result" ] || return 0
    mine=$own/steps/$step
    first_line "$mine/started"
    if [ "$line" = "$boot" ]; then
        publish lost "the step's job was killed before it switched anything"
    else
        publish rebooted "the host was restarted before the step switched anything"
    fi
}

do_watch() { # the backstop: acts when the job has died, or hangs past every deadline
    need driver base service step
    locate
    trap '' HUP PIPE
    boot_id
    open_job
    asked=$step
    if read_mark && [ "$m_step" = "$asked" ]; then
        uptime_cs
        # shellcheck disable=SC2086
        set -- $line
        left=$(((${7:-0} - now) * 10 + 5000))
        [ "$left" -gt 0 ] || left=1
        if ! lock_within 9 "$left"; then
            first_line "$own/steps/$asked/job"
            # shellcheck disable=SC2086
            set -- $line
            ! is_alive "${1-}" "${2-}" || kill -KILL "$1"
            lock_within 9 10000 || exit 0
        fi
        step=
        recover
    fi
    exit 0
}

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
configuration$TAB$line"
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
    elif [ "$unit" = failed ] || [ "$unit" = stopped ]; then
        health=failing
    fi
    [ "$health" != passing ] || why=
    printf '%s\nunit\t%s\nhealth\t%s\nversion\t%s\n%s\n' "$block" "$unit" "$health" "$reported" \
        "$(say detail "$(printf '%s' "$why" | head -c 500)")"
}

observe_step() { # the step under way; one whose job has died is reversed, apart from this call
    if read_mark; then
        block="$block
step$TAB$m_step"
    elif first_line "$own/working" && is_name "$line" && [ ! -e "$own/steps/$line/result" ]; then
        block="$block
step$TAB$line"
    else
        return 0
    fi
    { [ -r "$own/job" ] && exec 9<"$own/job"; } 2>/dev/null || return 0
    if flock -n 9; then
        exec 9<&-
        rm -f -- "$own/working"
        [ -z "$mark" ] || {
            keep_script
            setsid sh "$own/host.sh" recover driver="$driver" base="$base" service="$service" </dev/null >/dev/null 2>&1 &
        }
    fi
    exec 9<&-
}

# ---- start ------------------------------------------------------------------------------------

organization='' store='' epoch='' engine='' take_over='' driver='' base='' service='' step='' version=''
configuration='' user='' probe='' size=0 sha256='' kind='' lines='' act='' at_boot='' token=''
min_healthy_ms=0 healthy_deadline_ms=300000 confirm_ms=60000 wait_ms=''
why='' mark='' m_step='' final='' line=''

verb=${1-}
is_one_of "$verb" observe claim stage upload switch withdraw confirm log job watch recover supervise ||
    die 64 "knows no verb of that name"
shift
for argument in "$@"; do
    take_argument "$argument"
done
"do_$verb"
exit 0
