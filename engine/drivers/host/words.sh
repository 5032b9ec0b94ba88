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

is_image() {
    case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._:/@+~-]*) return 1 ;; esac
    [ ${#1} -le 500 ]
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
    epoch | size | lines | keep | cache_max | artifact_max | min_healthy_ms | healthy_deadline_ms | confirm_ms | wait_ms | timeout_ms) is_number "$value" ;;
    base) is_path "$value" ;;
    from_base) [ -z "$value" ] || is_path "$value" ;;
    from_driver) is_one_of "$value" systemd process container script "" ;;
    version) is_version "$value" ;;
    configuration) is_hex "$value" ;;
    sha256) [ -z "$value" ] || is_hex "$value" ;;
    login) is_name "$value" ;;
    user) [ -z "$value" ] || is_name "$value" ;;
    driver) is_one_of "$value" systemd process container script ;;
    kind) is_one_of "$value" tar.gz tar.zst file marker "" ;;
    act) is_one_of "$value" switch withdraw ;;
    probe | take_over | at_boot | locked | anew) is_one_of "$value" yes "" ;;
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
