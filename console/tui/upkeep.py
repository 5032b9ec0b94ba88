"""Host maintenance, restarts, removals, and hooks whose end nobody knows: each opens a dialog that shows what
it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.tui.action import Action, Aim, Request

if TYPE_CHECKING:
    from console.tui.app import Console
    from console.tui.dialogs.form import Field, Values
    from engine.api.protocol import TouchView


def _touch(
    console: Console, verb: str, subject: str, title: str, said: str, *, typed: str = "", says_why: bool = True
) -> None:
    from console.tui.dialogs.touch import TouchDialog

    def foresee() -> TouchView:
        return cast("TouchView", console.engine.post("/v1/touch", {"verb": verb, "subject": subject}))

    def done(values: Values | None) -> None:
        if values is not None:
            console.send(Request(f"/v1/{verb}", {"subject": subject}).with_body(reason=values["reason"]))

    console.push_screen(TouchDialog(title, said, foresee, typed=typed, says_why=says_why), done)


def cordon(console: Console, action: Action, aim: Aim) -> None:
    """Nothing more starts on the host; or again."""
    if aim.upkeep in {"cordoned", "drained"}:
        _touch(console, "uncordon", aim.host_name, f"Uncordon {aim.host_name}", "uncordons", says_why=False)
    else:
        _touch(console, "cordon", aim.host_name, f"Cordon {aim.host_name}", "cordons")


def drain(console: Console, action: Action, aim: Aim) -> None:
    """What runs on the host is stopped, within budgets."""
    _touch(console, "drain", aim.host_name, f"Drain {aim.host_name}", "drains")


def retire(console: Console, action: Action, aim: Aim) -> None:
    """The host counts no more; or again."""
    name = aim.host_name
    if aim.upkeep == "retired":
        _touch(console, "unretire", name, f"Unretire {name}", "unretires", says_why=False)
    else:
        _touch(console, "retire", name, f"Retire {name}", "retires", typed=name)


def restart(console: Console, action: Action, aim: Aim) -> None:
    """The service, as it is, by the rules of a rollout."""
    _touch(console, "restart", aim.instance, f"Restart {aim.instance}", "queues the restart")


def remove(console: Console, action: Action, aim: Aim) -> None:
    """The service's orphans if it has any, else all of it."""
    _touch(console, "remove", aim.instance, f"Remove {aim.instance}", "queues the removal", typed=aim.service)


def hook(console: Console, action: Action, aim: Aim) -> None:
    """What became of a hook that nobody knows the end of."""
    from console.tui.dialogs.form import Choice, FormDialog
    from console.tui.render.line import line, span
    from console.tui.render.palette import MUTED, STRONG, TEXT, WARN

    if aim.change is None:
        return
    number = aim.change["id"]
    lines = [
        line(
            span(f" {each['hook']}", STRONG), span(f" of {each['service']} on {each['on']}", TEXT),
            span(f"  {each['state']}", WARN), span(f"  {each['detail']}", MUTED),
        )
        for each in aim.change.get("hooks", []) if each["state"] in {"unknown", "failed"}
    ]  # fmt: skip
    choices = [
        Choice("done", line(span("it did its work: go on without running it", TEXT))),
        Choice("again", line(span("it did not: run it again", TEXT))),
    ]

    def done(values: Values | None) -> None:
        if values is not None:
            console.send(Request("/v1/hook", {"subject": number, "again": values["choice"] == "again"}))

    title = f"What became of the hook of change {number}?"
    field = _typed(number)
    console.push_screen(FormDialog(title, "settles it", lines, [field], choices), done)


def _typed(name: str) -> Field:
    from console.tui.dialogs.form import Field

    return Field(
        "name", "type it out", name, f"type {name} to show that you mean it",
        lambda text: "" if text == name else f"that is not {name}",
    )  # fmt: skip


DEEDS = {"cordon": cordon, "drain": drain, "retire": retire, "restart": restart, "remove": remove, "hook": hook}
