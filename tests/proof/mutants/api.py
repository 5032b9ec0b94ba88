"""Bugs planted in the engine's interface."""

from __future__ import annotations

from tests.proof.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "who-they-say-they-are",
        "engine/api/peer.py",
        "    return user_name(uid)\n",
        '    return request.headers.get("x-actor") or request.query_params.get("actor") or user_name(uid)\n',
        "an actor that the client sends is believed",
        "tests/api/test_requests.py",
    ),
    Mutant(
        "open-to-everybody",
        "engine/api/listener.py",
        "_UMASK = 0o117\n",
        "_UMASK = 0o111\n",
        "every user of the machine may connect to the engine",
        "tests/api/test_listener.py",
    ),
    Mutant(
        "nobody-at-the-door",
        "engine/api/entrance.py",
        "        if may_look(port.snapshot.inventory, person):\n",
        "        if True or may_look(port.snapshot.inventory, person):\n",
        "people without any role may look at everything",
        "tests/api/test_entrance.py",
    ),
    Mutant(
        "roles-of-others",
        "engine/plan/people/authority.py",
        "        and _is_meant(inventory, grant, person)\n        and _covers",
        "        and _covers",
        "a role that one person has is everybody's",
        "tests/api/test_entrance.py tests/plan/test_authority.py",
    ),
    Mutant(
        "a-stuck-watcher-holds-memory",
        "engine/api/watching.py",
        "                if len(self._queue) > self._limit:\n",
        "                if False:\n",
        "a watcher that never reads is never cut off",
        "tests/api/test_watch.py -k never_reads",
    ),
    Mutant(
        "told-twice",
        "engine/api/watching.py",
        '                if (event["seq"] and event["seq"] <= self._last) or not self._wanted(event):\n',
        "                if not self._wanted(event):\n",
        "an event that happens during the replay is told twice",
        "tests/api/test_exactness.py",
    ),
    Mutant(
        "bodies-of-any-size",
        "engine/api/server.py",
        "            if taken > MAX_BODY_BYTES:\n",
        "            if False:\n",
        "a body of any size is read into memory",
        "tests/api/test_requests.py -k megabyte",
    ),
    Mutant(
        "approves-what-was-not-looked-at",
        "engine/api/deciding.py",
        'ask.Approve(actor(request), change, body.get("digest", ""))',
        "ask.Approve(actor(request), change)",
        "an approval of what was looked at goes to what the change has become since",
        "tests/api/test_exactness.py",
    ),
    Mutant(
        "a-dry-run-is-none",
        "engine/api/asking.py",
        "    if not dry_run:\n",
        "    if True or not dry_run:\n",
        "a dry run queues the change",
        "tests/api/test_requests.py -k dry",
    ),
    Mutant(
        "takes-a-living-engines-socket",
        "engine/api/listener.py",
        "        connect(str(path), 2.0).close()\n    except ConnectionRefusedError:\n",
        "        connect(str(path), 2.0).close()\n        path.unlink()\n        return\n"
        "    except ConnectionRefusedError:\n",
        "a second engine takes the socket of one that lives",
        "tests/api/test_listener.py",
    ),
    Mutant(
        "escape-sequences-pass",
        "engine/api/judgement.py",
        '        "answer": first_line(found.answer),\n',
        '        "answer": found.answer,\n',
        "what a host or a person wrote reaches terminals as it is, by way of `why`",
        "tests/api/test_requests.py -k hostile",
    ),
    Mutant(
        "not-before-in-any-zone",
        "engine/api/asking.py",
        "    if found is None or found.tzinfo is None:\n",
        "    if found is None:\n",
        "a time without an offset is taken for the engine's own zone",
        "tests/api/test_exactness.py",
    ),
)
