# ---- install ------------------------------------------------------------------------------------

ROOT_SCRIPT=/usr/local/libexec/interlock-host
SUDOERS=/etc/sudoers.d

do_install() { # this script as root's own, and the one line of sudoers that lets $login run exactly it
    need login
    [ "$(id -u)" = 0 ] || refuse "only root can install it; this login is $(id -un)"
    sum=$(sha256sum <"$SELF") && sum=${sum%% *}
    rule="$login ALL=(root) NOPASSWD: sha256:$sum $ROOT_SCRIPT"
    mkdir -p "${ROOT_SCRIPT%/*}" && cat "$SELF" >"$ROOT_SCRIPT.$$" && chmod 755 "$ROOT_SCRIPT.$$" ||
        refuse "cannot write $ROOT_SCRIPT"
    [ -d "$SUDOERS" ] || refuse "there is no $SUDOERS: is sudo installed?"
    (umask 227 && printf '%s\n' "# Written by interlock doctor --install." "$rule" >"$SUDOERS/.interlock.$$") ||
        refuse "cannot write into $SUDOERS"
    if command -v visudo >/dev/null && ! why=$(visudo -c -f "$SUDOERS/.interlock.$$" 2>&1); then
        rm -f -- "$SUDOERS/.interlock.$$" "$ROOT_SCRIPT.$$"
        refuse "sudo does not accept the rule: $why"
    fi
    mv -f -- "$ROOT_SCRIPT.$$" "$ROOT_SCRIPT" && mv -f -- "$SUDOERS/.interlock.$$" "$SUDOERS/interlock-$(printf %s "$login" | tr . _)" ||
        refuse "cannot put them in place"
    flush "${ROOT_SCRIPT%/*}" "$SUDOERS"
    answer installed "$rule"
}
