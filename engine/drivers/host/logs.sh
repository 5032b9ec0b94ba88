# ---- logs --------------------------------------------------------------------------------------

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
