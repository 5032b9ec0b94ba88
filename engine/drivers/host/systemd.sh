# ---- driver: systemd ---------------------------------------------------------------------------

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
    */activating/*) unit=starting why="$service.service is still starting" ;;
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
        [ -f "$file" ] && same_file "$file" "$1/unit" && return 0
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
