"""Bugs planted in the host script."""

from __future__ import annotations

from tests.proof.mutants.mutant import Mutant

SCRIPT = "engine/drivers/host"

MUTANTS = (
    Mutant(
        "fence-skipped",
        f"{SCRIPT}/places.sh",
        '    [ "$held" != "$store $epoch $engine" ] || return 0\n',
        '    [ -z "$held" ] || return 0\n',
        "the fence is skipped: a host that somebody claimed obeys every engine",
        "tests/drivers/test_fencing.py",
    ),
    Mutant(
        "healthy-time-is-not-reset",
        f"{SCRIPT}/judge.sh",
        "            uptime_cs\n            since=\n            streak=0\n",
        "            uptime_cs\n            streak=0\n",
        "min_healthy_time goes on counting over a failed check",
        "tests/drivers/test_steps.py -k health",
    ),
    Mutant(
        "one-pass-is-enough",
        f"{SCRIPT}/judge.sh",
        '            [ "$streak" -lt "$h_passes" ] || [ "$held" -lt "$min_healthy_ms" ] || return 0\n',
        '            [ "$held" -lt "$min_healthy_ms" ] || return 0\n',
        "a check that has to pass several times in a row passes at once",
        "tests/drivers/test_steps.py -k pass",
    ),
    Mutant(
        "fired-after-it-was-confirmed",
        f"{SCRIPT}/job.sh",
        "    fire && reverse\n",
        '    fire\n    reverse\n    put_in_place "$from" "$from_configuration"\n',
        "the dead man's switch puts the old release back although the confirmation was first",
        "tests/drivers/test_races.py tests/drivers/test_steps.py",
    ),
    Mutant(
        "confirmed-over-a-reboot",
        f"{SCRIPT}/calling.sh",
        '        if [ "$m_boot" != "$boot" ]; then\n            unlock_base\n            recover_apart\n',
        "        if false; then\n            unlock_base\n            recover_apart\n",
        "a step from before a reboot is confirmed as if its release still ran",
        "tests/drivers/test_kills.py -k power",
    ),
    Mutant(
        "no-backstop",
        f"{SCRIPT}/job.sh",
        '    detach "interlock-guard-$units" $(((healthy_deadline_ms + confirm_ms) / 1000 + 5)) \\\n'
        '        watch driver="$driver" base="$base" service="$service" step="$step"\n',
        "",
        "nobody watches the job: one that is killed or hangs is never put back",
        "tests/drivers/test_kills.py -k 'watcher or hangs'",
    ),
    Mutant(
        "put-back-and-not-started",
        f"{SCRIPT}/deadman.sh",
        '        [ "$m_from" = - ] || [ "$at_boot" = yes ] || start_service\n',
        "        :\n",
        "the former release is put back and left stopped",
        "tests/drivers/test_steps.py",
    ),
    Mutant(
        "a-step-runs-twice",
        f"{SCRIPT}/calling.sh",
        '    [ ! -d "$steps/$step" ] || attach\n    [ "$act" != switch ] || refuse_unstaged\n',
        '    [ ! -d "$steps/$step" ] || rm -rf -- "$steps/$step"\n    [ "$act" != switch ] || refuse_unstaged\n',
        "a step whose name was used before is carried out again",
        "tests/drivers/test_steps.py tests/drivers/test_races.py",
    ),
    Mutant(
        "any-engine-of-the-epoch",
        f"{SCRIPT}/claim.sh",
        '    elif [ "$engine" = "$3" ]; then\n',
        "    elif true; then\n",
        "another engine with the same epoch takes a host over",
        "tests/drivers/test_fencing.py",
    ),
    Mutant(
        "any-content",
        f"{SCRIPT}/cache.sh",
        '    [ "${got%% *}" = "$sha256" ] ||\n        answer mismatch',
        "    true ||\n        answer mismatch",
        "an artifact whose bytes are not those announced is unpacked",
        "tests/drivers/test_hostile.py tests/drivers/test_download.py",
    ),
    Mutant(
        "the-last-good-release-goes",
        f"{SCRIPT}/prune.sh",
        '        "$previous") continue ;;\n',
        "",
        "pruning may remove the release to go back to",
        "tests/drivers/test_prune.py",
    ),
    Mutant(
        "links-may-leave",
        f"{SCRIPT}/unpack.sh",
        '        link_stays "$name" "$target" || refuse ',
        "        true || refuse ",
        "a link of an archive may lead out of its release, as long as it leads nowhere yet",
        "tests/drivers/test_hostile.py",
    ),
)
