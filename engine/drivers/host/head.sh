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
#                               check, version, observe (those that exist) and `end TIMEOUT_MS`
#                               -> boot, clock, claim.., free, then per placement: service,
#                                  release, configuration, sha256, changed, unit, restarts, health,
#                                  detail, version, step
#   verify organization=        stdin: service, base and `end` lines. Reads whole releases
#                               -> per placement with a release: service, release, altered
#   claim organization= store= epoch= engine= [take_over=yes]   stdin: base lines
#                               -> result claimed|fenced|refused, holder, detail
#   stage*   version= user= probe= size= sha256= kind= cache_max= artifact_max= anew=
#            (anew=yes: what is there with other content is replaced, even if it runs) stdin: url or image, if the host is to fetch it
#                               -> result have|need|mismatch|unfetched|refused|fenced, detail
#   upload*  version= size= sha256= kind= cache_max= anew=   stdin: the artifact
#                               -> result stored|mismatch|refused|fenced, detail
#   switch*  step= version= sha256= configuration= user= min_healthy_ms= healthy_deadline_ms=
#            confirm_ms= wait_ms= keep= from_base= from_driver=   stdin: the bundle (run, env, unit,
#            secrets, check, http, tcp, version, observe, timeout_ms,
#            interval_ms, passes, observe_ms, apply_ms)
#                               -> result healthy|reverted|unconfirmed|failed|lost|rebooted|busy|
#                                  unstaged|running|fenced, detail, log.., confirmed yes
#   withdraw* step= wait_ms=    -> result withdrawn|failed|lost|rebooted|busy|running|fenced
#   confirm* step=              -> result confirmed|fired|unknown|fenced
#   install login=              -> result installed|refused, detail: the line of sudoers
#   inspect                     stdin: base and user lines  -> what the host has, for doctor
#   hook*    step= version= user= timeout_ms= wait_ms=   stdin: a shell script
#                               -> result done|failed|lost|rebooted|running|fenced, detail, log..
#   log lines=                  -> log..
# All but observe and claim take driver= base= service=. job, hook_job, watch, recover, supervise,
# leave, rejoin and depart are the script's own: what it starts, most of it detached.
#
# ON DISK   (BASE relative: below $HOME)
#   BASE/.interlock/lock                 held for moments: fencing, and every rename that decides
#   BASE/.interlock/claim.ORGANIZATION   STORE EPOCH ENGINE
#   BASE/.interlock/cache/SHA256         artifacts as they came; the least recently used go first
#   BASE/SERVICE/current                 -> releases/VERSION
#   BASE/SERVICE/releases/VERSION/.interlock-release   its sha256, and a digest of what it was
#                                        unpacked to: written last, so complete. Beside it
#                                        .interlock-files: its contents, modes and links
#   BASE/SERVICE/releases/.foreign.VERSION   what ran under that name with other content, until the
#                                        next version is confirmed; .good.VERSION: for a moment
#   BASE/SERVICE/.interlock/
#     configuration    -> configurations/STEP: run, env, unit, check, secrets, health, digest
#     armed            the dead man's switch; `reversing` once it has fired. One line:
#                      STEP BOOT FROM FROM_CONFIGURATION TO DRIVER DEADLINE ORGANIZATION
#     leaving          STEP DRIVER BASE: what the step makes room for, as long as that may come back
#     job              lock: whoever holds it is the only one who may touch the service
#     steps/STEP/      started, lock (held until there is a result), job, result, cause,
#                      confirmed or reversed
#     previous         the release that ran before the current one was confirmed: never pruned
#     hooks/STEP/      the same for a hook: started, lock, job, output, result
#     history          a line for each switch that was carried out
#     process/         (driver process) wanted, supervisor, child, log; `mine` once it was started
#                      from here, so that no stranger is left to be stopped
#     script/          (driver script) apply: who runs it just now; log
#   BASE/SERVICE/releases/VERSION/image  (driver container) its reference and its id
#
# WHY IT SURVIVES A KILL AT ANY INSTANT
#   A step's folder appears complete, by rename; what has a folder is never run again. `armed` is
#   written and synced before `current` moves. Confirming renames `armed` into the step's folder,
#   firing renames it to `reversing`: one file, so exactly one of them wins. `reversing` goes only
#   after the previous release is back and the result is kept; whoever finds `armed` or
#   `reversing` while nobody holds `job` takes the reversal up again, and it may be repeated.

# The verbs are called by name (SC2317), and A && B || C is meant as it reads here (SC2015). Names
# are taken from listings where order counts; one with a space is none of ours (SC2044, SC2045).
# shellcheck disable=SC2317,SC2015,SC2044,SC2045
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
