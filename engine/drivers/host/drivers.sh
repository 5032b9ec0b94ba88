# ---- the drivers: what runs, starting, stopping -------------------------------------------------

unit_state() { # $unit, $ident (changes when it was restarted), $why if it does not run
    ident=
    restarts=
    why=
    "state_$driver"
}

start_service() { "start_$driver"; }
stop_service() { "stop_$driver"; }
