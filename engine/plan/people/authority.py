"""Who may do what: ``forbidden(estate, request)`` is the sentence that refuses a request, or "".

Default deny: once the inventory has ``roles``, nobody may do what no grant gives them. Without
``roles`` whoever reaches the engine's socket may do everything: the socket's group decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model import maintenance
from engine.model import request as ask
from engine.model.event import ChangeAccepted, Event
from engine.model.inventory import Inventory
from engine.model.names import InstanceId
from engine.model.role import ANY_TEAM, EVERYBODY, Grant, Role
from engine.plan.estate import Estate
from engine.plan.people.membership import people

ANYBODY = "anybody"  # stands for everybody in the names that ``able`` gives

# What a request touches: instances, or None for the engine and the whole estate.
Touched = frozenset[InstanceId] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of request takes: a role for everything it touches. ``verb`` is its name; the
    docstring of ``touches`` says in the documents what that is."""

    verb: str
    role: Role
    touches: Callable[[Estate, Any], Touched]

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that are enough, the weakest first."""
        return tuple(Role) if self.role is Role.VIEWER else tuple(dict.fromkeys((self.role, Role.ADMIN)))


def may(inventory: Inventory, person: str, role: Role, instance: InstanceId | None) -> bool:
    """Whether the person has the role for an instance (None: for the whole estate)."""
    if not inventory.roles:
        return True
    return any(
        grant.role in (role, Role.ADMIN)
        and _is_meant(inventory, grant, person)
        and _covers(inventory, grant, person, instance)
        for grant in inventory.roles
    )


def roles_of(inventory: Inventory, person: str) -> tuple[Role, ...]:
    """The roles that the person has anywhere; all of them where no roles are declared."""
    if not inventory.roles:
        return tuple(Role)
    held = {grant.role for grant in inventory.roles if _is_meant(inventory, grant, person)}
    return tuple(role for role in Role if role in held)


def may_look(inventory: Inventory, person: str) -> bool:
    """Whether the person may look at the estate: every role may."""
    return bool(roles_of(inventory, person))


def forbidden(estate: Estate, request: ask.Request) -> str:
    """Why the actor may not ask this, naming who could; "" if they may."""
    rule = RULES[type(request)]
    if isinstance(request, ask.Pause) and not request.subject:
        # The emergency brake of the whole engine is for everybody who may move anything.
        return (
            ""
            if {Role.DEPLOYER, Role.ADMIN} & {*roles_of(estate.inventory, request.actor)}
            else _sentence(estate.inventory, rule, request.actor, None)
        )
    if isinstance(request, ask.Resume) and not request.subject and estate.state.paused_by == request.actor:
        return ""
    return _first_refusal(estate, rule, request.actor, rule.touches(estate, request))


def forbidden_outcome(estate: Estate, request: ask.Request, events: Iterable[Event]) -> str:
    """Why the actor may not have what a granted request would queue: the steps of a bridge and
    the dependents of a rollback are found only while it is judged."""
    touched = {
        event.change.instance(item)
        for event in events
        if isinstance(event, ChangeAccepted)
        for item in event.change.items
    }
    return _first_refusal(estate, RULES[type(request)], request.actor, frozenset(touched)) if touched else ""


def _first_refusal(estate: Estate, rule: Rule, person: str, touched: Touched) -> str:
    asked: Iterable[InstanceId | None] = [None] if touched is None else sorted(touched)
    if rule.role is Role.VIEWER:
        return "" if may_look(estate.inventory, person) else _sentence(estate.inventory, rule, person, None)
    for instance in asked:
        if not may(estate.inventory, person, rule.role, instance):
            return _sentence(estate.inventory, rule, person, instance)
    return ""


def _sentence(inventory: Inventory, rule: Rule, person: str, instance: InstanceId | None) -> str:
    what = f"{rule.verb} {instance}" if instance else rule.verb
    wanted = f"{_article(rule.role)} for {instance}" if instance else f"{_article(rule.role)} of the whole estate"
    able = _able(inventory, rule.role, instance)
    who = f"{', '.join(able)} could" if able else "nobody has that role: see roles in the inventory"
    return f"{person} may not {what}: that takes {wanted}; {who}. Nothing was changed"


def _article(role: Role) -> str:
    return f"an {role}" if role.value[0] in "aeiou" else f"a {role}"


def able(estate: Estate, role: Role, instances: Iterable[InstanceId]) -> tuple[str, ...]:
    """Who has a role for all of these instances, by name; (``ANYBODY``,) where no roles are declared."""
    inventory = estate.inventory
    if not inventory.roles:
        return (ANYBODY,)
    each = [set(_able(inventory, role, instance)) for instance in instances]
    common = set.intersection(*each) if each else set()
    return tuple(sorted(common))


def _able(inventory: Inventory, role: Role, instance: InstanceId | None) -> list[str]:
    """Who has the role there, by name; a grant to everybody reads ``anybody``."""
    named = {name for grant in inventory.roles for name in _everybody_meant(inventory, grant)}
    able = sorted(name for name in named if name != EVERYBODY and may(inventory, name, role, instance))
    return [*able, *([ANYBODY] if EVERYBODY in named and may(inventory, EVERYBODY, role, instance) else [])]


def _everybody_meant(inventory: Inventory, grant: Grant) -> tuple[str, ...]:
    members = [name for team in inventory.teams.values() for name in team.members] if ANY_TEAM in grant.who else []
    return (*people(inventory, [name for name in grant.who if name != ANY_TEAM]), *members)


def _is_meant(inventory: Inventory, grant: Grant, person: str) -> bool:
    return EVERYBODY in grant.who or person in _everybody_meant(inventory, grant)


def _covers(inventory: Inventory, grant: Grant, person: str, instance: InstanceId | None) -> bool:
    if instance is None or grant.is_everywhere:
        return grant.is_everywhere
    service = inventory.services.get(instance.service)
    if service is None or not grant.scope.covers(service, instance.environment):
        return False
    team = inventory.teams.get(service.team)
    return not grant.own or (team is not None and person in team.members)


def _named(estate: Estate, subject: str) -> Touched:
    """What SERVICE, SERVICE@ENV or a change's id touches; "" is everything. What nothing is
    called touches nothing: whoever judges the request says so."""
    if not subject:
        return None
    change = estate.state.changes.get(subject)
    if change is not None:
        return frozenset(change.instance(item) for item in change.items)
    name, _, environment = subject.partition("@")
    service = estate.service(name)
    places = [environment] if environment else [env for env, hosts in service.hosts.items() if hosts] if service else []
    return frozenset(InstanceId(name, place) for place in places)


def _deployed(estate: Estate, request: ask.Deploy) -> Touched:
    """each service named, in the environment"""
    environment = request.environment or request.through
    return frozenset(InstanceId(name, environment) for name in request.services)


def _cleared(estate: Estate, request: ask.ClearBad) -> Touched:
    """each service named, in the environment named or in all of them"""
    places = [request.environment] if request.environment else list(estate.inventory.environments)
    return frozenset(InstanceId(name, place) for name in request.services for place in places)


def _subject(estate: Estate, request: Any) -> Touched:
    """the service, or everything that the change moves"""
    return _named(estate, request.subject)


def _change(estate: Estate, request: Any) -> Touched:
    """everything that the change moves"""
    return _named(estate, request.change) or frozenset()


def _on_host(estate: Estate, request: Any) -> Touched:
    """everything that is placed on the host (a host with nothing on it: the whole estate)"""
    inventory = estate.snapshot.inventory
    if request.host not in inventory.hosts:
        return frozenset()  # refused as unknown by whoever judges it
    return frozenset(placement.instance for placement in inventory.placements_on(request.host)) or None


def _whole(estate: Estate, request: Any) -> Touched:
    """the whole estate"""
    return None


RULES: Mapping[type, Rule] = {
    ask.Deploy: Rule("deploy", Role.DEPLOYER, _deployed),
    ask.Rollback: Rule("roll back", Role.DEPLOYER, _subject),
    ask.Pause: Rule("pause", Role.DEPLOYER, _subject),
    ask.Resume: Rule("resume", Role.DEPLOYER, _subject),
    ask.Cancel: Rule("cancel a change of", Role.DEPLOYER, _change),
    ask.Hold: Rule("hold", Role.DEPLOYER, _subject),
    ask.Release: Rule("release", Role.DEPLOYER, _subject),
    ask.Abort: Rule("abort a change of", Role.DEPLOYER, _change),
    ask.Retry: Rule("retry a change of", Role.DEPLOYER, _change),
    ask.Promote: Rule("promote a change of", Role.DEPLOYER, _change),
    ask.Expedite: Rule("expedite a change", Role.ADMIN, _whole),
    ask.Approve: Rule("approve a change of", Role.APPROVER, _change),
    ask.Reject: Rule("reject a change of", Role.APPROVER, _change),
    ask.OverrideGate: Rule("override a gate", Role.VIEWER, _change),  # policies.overrides names who may
    ask.SettleHook: Rule("say what became of a hook of", Role.DEPLOYER, _change),
    ask.ClearBad: Rule("clear a bad version of", Role.DEPLOYER, _cleared),
    maintenance.Cordon: Rule("cordon a host of", Role.DEPLOYER, _on_host),
    maintenance.Drain: Rule("drain a host of", Role.DEPLOYER, _on_host),
    maintenance.Uncordon: Rule("uncordon a host of", Role.DEPLOYER, _on_host),
    maintenance.Retire: Rule("retire a host", Role.ADMIN, _whole),
    maintenance.Unretire: Rule("unretire a host", Role.ADMIN, _whole),
    maintenance.Restart: Rule("restart", Role.DEPLOYER, _subject),
    maintenance.Remove: Rule("remove", Role.DEPLOYER, _subject),
}
