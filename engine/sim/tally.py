"""What hooks truly did in a simulated world, and what must hold of them: a name runs once, a migration at
most once for each change unless a person asks again, and what was drained is put back in the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from engine.model.change import Kind
from engine.model.hook import HookState, once_of
from engine.model.inventory import Inventory
from engine.model.snapshot import Snapshot


class HookTally:
    """``breach`` is told what must never be; ``out`` are the placements (service, host) that are drained."""

    def __init__(self, inventory: Inventory, breach: Callable[[str], None], note: Callable[[str], None]) -> None:
        self.out: set[tuple[str, str]] = set()
        self.begun: Counter[str] = Counter()
        self._inventory = inventory
        self._breach = breach
        self._note = note
        self._runs: Counter[tuple[str, str]] = Counter()
        self._migrations: Counter[tuple[str, str]] = Counter()
        self._again: Counter[str] = Counter()
        self._drained: set[str] = set()

    def began(self, where: str, step: str, kind: str) -> None:
        """A hook begins, on a host or beside the engine."""
        self._note(f"{where} begins the hook {step}")
        self.begun[kind] += 1
        self._runs[where, step] += 1
        if self._runs[where, step] > 1:
            self._breach(f"{where} runs the hook {step} again")
        if kind == "once":
            _, change, service, _ = step.rsplit("-", 3)
            self._migrations[change, service] += 1
            if self._migrations[change, service] > 1 + self._again[change]:
                self._breach(f"change {change} migrates {service} again, and nobody asked for it")
        elif kind == "drain" and self._inventory.services[_placement(step)[0]].configuration.hooks.undrain:
            self.out.add(_placement(step))

    def succeeded(self, step: str, kind: str) -> None:
        """A hook ended with status 0."""
        if kind == "drain":
            self._drained.add(step.removesuffix(".drain"))
        elif kind == "undrain":
            self.out.discard(_placement(step))

    def switched(self, host: str, service: str, step: str, *, bare: bool = False) -> None:
        """A placement's step begins: forward, it must have been drained for it. ``bare``: it is being
        removed, or on a retired host, and goes without."""
        turn = step.rpartition("-")[2].lstrip("0123456789")
        hook = self._inventory.services[service].configuration.hooks.drain
        if hook is not None and turn.startswith("f") and step not in self._drained and not bare:
            self._breach(f"{host} begins {step} undrained")

    def settled(self, change: str, step: str, *, again: bool) -> None:
        """A person has spoken: asked for another run, or (having put it back by hand) says done."""
        if again and step.rpartition("-")[2].startswith("once"):
            self._again[change] += 1
        elif not again and ".undrain" in step:
            self.out.discard(_placement(step))

    def stepped(self, snapshot: Snapshot) -> None:
        """An engine has taken a step: nothing moves forward before its migration is done."""
        for change in snapshot.state.unfinished():
            for item in change.items:
                run = once_of(change.hooks, item.service)
                wanted = item.configuration.hooks.once is not None and change.kind is Kind.DEPLOY
                moved = any(not move.back and move.goal is not None for move in item.moves.values())
                if wanted and moved and (run is None or run.state is not HookState.DONE):
                    self._breach(f"change {change.id} moves {item.service} before its migration is done")

    def at_rest(self, snapshot: Snapshot) -> None:
        """Everything is healed and at rest: nothing is left drained."""
        away = {(known.id.service, host) for known in snapshot.state.instances.values() for host in known.away}
        for service, host in sorted(self.out - away):
            self._breach(f"{service} on {host} is still drained at rest")
        for placement in snapshot.state.drained:
            if (placement.service, placement.host) not in away:
                self._breach(f"{placement} is believed to be drained at rest")


def _placement(step: str) -> tuple[str, str]:
    """The service and host in the name of a move's hook."""
    if "-heal" in step:
        _, service, host = step.partition(".")[0].rsplit("-", 2)
        return service, host
    _, service, host, _ = step.partition(".")[0].rsplit("-", 3)
    return service, host
