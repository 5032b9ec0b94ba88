"""``policies.approvals``, ``evidence`` and ``overrides``: who has to say yes, what a change has
to carry, and which gates may be lifted by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from engine.inventory.faults import quote
from engine.inventory.reading import Read
from engine.inventory.scalars import BlankList, Count, Flag, PositiveDuration, Text, mismatch, problem
from engine.inventory.scopes import ScopeEntry, Scopes
from engine.inventory.section import Section, section_with
from engine.model.consent import ApprovalPolicy, EvidencePolicy, OverridePolicy
from engine.model.inventory import Team
from engine.model.pattern import problem_with_pattern
from engine.model.wait import GATES, NEVER_OVERRIDDEN, gate_named, reasons_of

TEAM = "team:"
Path = tuple[str | int, ...]


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise mismatch("a regular expression such as [A-Z]+-[0-9]+", value)
    wrong = problem_with_pattern(value)
    if wrong:
        raise problem(f"{quote(value)} {wrong}")
    return value


def _gate(value: Any) -> str:
    """A gate's name or a reason's, as the table of reasons writes it."""
    found = gate_named(value) if isinstance(value, str) else None
    if found is None:
        raise mismatch(f"a gate ({', '.join(sorted(set(GATES.values())))}) or a reason such as WindowClosed", value)
    if reasons_of(found) <= NEVER_OVERRIDDEN:
        raise problem(f"{found} can never be overridden: it keeps the estate whole")
    return found


PatternOf = Annotated[str, PlainValidator(_pattern), WithJsonSchema({"type": "string", "format": "regex"})]
GateOf = Annotated[str, PlainValidator(_gate), WithJsonSchema({"type": "string", "examples": ["window", "freeze"]})]
People = Annotated[list[Text], BlankList]
_FROM: Any = (People, Field(default=[], description="Who may approve: users and team:NAME; default: anybody"))
_Given: Any = section_with("_Given", {"from": _FROM})


class ApprovalEntry(_Given):  # type: ignore[misc] # it has a key called from
    """Changes it applies to wait for people's approval."""

    applies_to: ScopeEntry = Field(default=ScopeEntry(), description="What it applies to; default: everything")
    count: Count = Field(default=1, description="How many people have to approve")
    four_eyes: Flag = Field(default=True, description="Whether the requester's own approval never counts")
    valid: PositiveDuration | None = Field(
        default=None, description="How long an approval counts; default: until the change becomes another"
    )


class EvidenceEntry(Section):
    """Changes it applies to wait until they carry evidence, such as a ticket."""

    applies_to: ScopeEntry = Field(default=ScopeEntry(), description="What it applies to; default: everything")
    key: Text = Field(description="The name under which it is given: --evidence KEY=VALUE")
    pattern: PatternOf = Field(description="What the whole value has to match")


class OverridesEntry(Section):
    """Which gates may be lifted for one change, and by whom."""

    gates: Annotated[list[GateOf], BlankList] = Field(description="Gates or single reasons")
    who: People = Field(description="Who may: users and team:NAME")
    max: PositiveDuration = Field(default=4 * 3600.0, description="The longest that an override may last")
    applies_to: ScopeEntry = Field(
        default=ScopeEntry(), description="The changes for which: those that touch nothing else; default: all"
    )


@dataclass(frozen=True, slots=True)
class Consents:
    """Makes the policies of the section ``policies``; faults are noted."""

    read: Read[Any]
    scopes: Scopes
    teams: Mapping[str, Team]

    def approvals(self, entries: Mapping[str, ApprovalEntry]) -> tuple[ApprovalPolicy, ...]:
        """The approval policies, by name."""
        return tuple(self._approval(name, entry) for name, entry in sorted(entries.items()))

    def evidence(self, entries: Mapping[str, EvidenceEntry]) -> tuple[EvidencePolicy, ...]:
        """The evidence policies, by name."""
        return tuple(
            EvidencePolicy(name, self._scope(("evidence", name), entry.applies_to), entry.key, entry.pattern)
            for name, entry in sorted(entries.items())
        )

    def overrides(self, entry: OverridesEntry | None) -> OverridePolicy | None:
        """The override policy, None if there is none."""
        if entry is None:
            return None
        self._people(("overrides", "who"), entry.who)
        for key in ("gates", "who"):
            if not getattr(entry, key):
                self._fault(("overrides", key), "names nothing, so nobody could override anything")
        scope = self._scope(("overrides",), entry.applies_to)
        return OverridePolicy(tuple(entry.gates), tuple(entry.who), entry.max, scope)

    def _approval(self, name: str, entry: ApprovalEntry) -> ApprovalPolicy:
        path: Path = ("approvals", name)
        givers: list[str] = getattr(entry, "from")
        able = self._people((*path, "from"), givers)
        if able is not None and len(able) < entry.count:
            people = ", ".join(sorted(able)) or "nobody"
            self._fault((*path, "count"), f"{entry.count} can never approve: there is only {people}")
        scope = self._scope(path, entry.applies_to)
        return ApprovalPolicy(name, scope, entry.count, tuple(givers), entry.four_eyes, entry.valid)

    def _scope(self, path: Any, entry: ScopeEntry) -> Any:
        return self.scopes.make(self.read, (*path, "applies_to"), entry)

    def _people(self, path: Path, names: list[str]) -> set[str] | None:
        """Everybody who is named; None if that cannot be told: anybody, or an unknown team."""
        found: set[str] = set()
        known = True
        for index, name in enumerate(names):
            team = name.removeprefix(TEAM)
            if team == name:
                found.add(name)
            elif team in self.teams:
                found.update(self.teams[team].members)
            else:
                known = False
                if team not in self.scopes.teams:
                    here = (*path, index)
                    self.scopes.faults.unknown(
                        self.read.at(*here), self.read.name(*here), "team", team, self.scopes.teams
                    )
        return found if known and names else None

    def _fault(self, path: Path, message: str) -> None:
        self.scopes.faults.add(self.read.at(*path), "value", f"{self.read.name(*path)}: {message}")
