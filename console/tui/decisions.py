"""What people decide with a key: each decision asks once, shows what it touches, and sends the request of
its action. Those that go into the audit with a reason ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from console.tui.action import Action, Aim
from console.tui.render.line import Line
from engine.api.protocol import ChangeView, LetLooseView, PlanView

if TYPE_CHECKING:
    from console.tui.app import Console
    from console.tui.dialogs.form import Values

MOVED = ("running", "paused", "succeeded")  # the parts of a change that rolling it back takes back
WHY = "say why: it stands in the audit"


def rollback(console: Console, action: Action, aim: Aim) -> None:
    """Asks once, showing the services, what needs them, and what would have to go back too."""
    from console.tui.dialogs.rollback import RollbackDialog
    from console.tui.render.blast import rollback_lines

    services: dict[str, str] = {aim.service: ""} if aim.service else {}
    if not aim.service and aim.change is not None:
        moved = [item for item in aim.change["items"] if item["state"] in MOVED and item["from"]]
        services = {item["service"]: item["from"] or "" for item in moved}
    where = aim.environment if aim.service or aim.change is None else aim.change["environment"]
    what = aim.instance or f"change {aim.change['id'] if aim.change else ''}"
    if action.request is None:
        return
    request = action.request(aim)
    body = dict(request.body)
    dialog = RollbackDialog(
        f"Roll back {what}?",
        rollback_lines(console.picture, where, services),
        lambda: cast("PlanView", console.engine.post(f"{request.path}/plan", body)),
    )

    def done(yes: bool | None) -> None:
        if yes:
            chosen = {
                "chain": dialog.takes_chain,
                "mark_bad": dialog.marks_bad,
                "allow_lockstep": dialog.allows_lockstep,
            }
            console.send(request._replace(body={**body, **{key: True for key, yes in chosen.items() if yes}}))

    console.push_screen(dialog, done)


def _asks(question: str, lines: Callable[[ChangeView], list[Line]]) -> Callable[[Console, Action, Aim], None]:
    """A decision about a change that is a yes or nothing."""

    def ask(console: Console, action: Action, aim: Aim) -> None:
        if aim.change is not None:
            said = f"{question} change {aim.change['id']}"
            _confirm(console, action, aim, f"{said}?", lines(aim.change), said)

    return ask


def _confirm(console: Console, action: Action, aim: Aim, question: str, lines: Sequence[Line], verb: str) -> None:
    from console.tui.dialogs.confirm import ConfirmDialog

    def done(yes: bool | None) -> None:
        if yes and action.request is not None:
            console.send(action.request(aim))

    console.push_screen(ConfirmDialog(question, lines, verb), done)


def _lines(name: str) -> Callable[[ChangeView], list[Line]]:
    def lines(change: ChangeView) -> list[Line]:
        from console.tui.render import blast  # after the first frame

        made: list[Line] = getattr(blast, name)(change)
        return made

    return lines


cancel = _asks("Cancel", _lines("cancel_lines"))
approve = _asks("Approve", _lines("approve_lines"))
abort = _asks("Abort", _lines("abort_lines"))
promote = _asks("Promote", _lines("promote_lines"))


def _reasoned(console: Console, action: Action, aim: Aim, title: str, verb: str, lines: Sequence[Line]) -> None:
    from console.tui.dialogs.form import Field, FormDialog

    def done(values: Values | None) -> None:
        if values is not None and action.request is not None:
            console.send(action.request(aim).with_body(reason=values["reason"]))

    console.push_screen(FormDialog(title, verb, lines, [Field("reason", "reason", "why", WHY)]), done)


def reject(console: Console, action: Action, aim: Aim) -> None:
    """A no, with its reason."""
    from console.tui.render.blast import approve_lines

    if aim.change is not None:
        _reasoned(console, action, aim, f"Reject change {aim.change['id']}", "rejects", approve_lines(aim.change))


def expedite(console: Console, action: Action, aim: Aim) -> None:
    """Ahead of the queue, showing whom it passes."""
    from console.tui.render.blast import expedite_lines

    if aim.change is not None:
        lines = expedite_lines(aim.change, console.picture.unfinished)
        _reasoned(console, action, aim, f"Move change {aim.change['id']} ahead of the queue", "expedites", lines)


def retry(console: Console, action: Action, aim: Aim) -> None:
    """Anew; where that clears a bad version, the reason has to be said."""
    from console.tui.render.blast import bad_of, retry_lines

    if aim.change is None:
        return
    lines = retry_lines(aim.change, console.picture)
    said = f"Retry change {aim.change['id']}"
    if bad_of(aim.change, console.picture):
        _reasoned(console, action, aim, said, "retries, and clears the marks", lines)
    else:
        _confirm(console, action, aim, f"{said}?", lines, said)


def hold(console: Console, action: Action, aim: Aim) -> None:
    """Keeps it as it is, or lets it go."""
    from console.tui.render.blast import hold_lines

    verb = f"{'Release' if aim.held else 'Hold'} {'change ' if aim.subject != aim.instance else ''}{aim.subject}"
    _confirm(console, action, aim, f"{verb}?", hold_lines(aim.held, aim.subject == aim.instance), verb)


def override(console: Console, action: Action, aim: Aim) -> None:
    """One gate, for a while."""
    from console.tui.dialogs.override import OverrideDialog, asked

    if aim.change is None:
        return
    dialog = OverrideDialog(
        aim.change,
        lambda request: cast("LetLooseView", console.engine.post("/v1/override/plan", request)),
        console.engine_now,
    )

    def done(values: Values | None) -> None:
        if values is not None and action.request is not None:
            console.send(action.request(aim).with_body(**asked(dialog.change, values)))

    console.push_screen(dialog, done)


def clear_bad(console: Console, action: Action, aim: Aim) -> None:
    """A bad version may be deployed again."""
    from console.tui.dialogs.form import Choice, Field, FormDialog
    from console.tui.render.blast import bad_line

    marks = {(mark["version"], mark["environment"]): mark for mark in aim.bad}
    choices = [Choice(f"{v} {e}", bad_line(aim.service, mark)) for (v, e), mark in marks.items()]

    def done(values: Values | None) -> None:
        if values is not None and action.request is not None:
            version, _, where = values["choice"].rpartition(" ")
            request = action.request(aim)
            said = {"services": {aim.service: version}, "environment": where, "reason": values["reason"]}
            console.send(request.with_body(**said))

    field = Field("reason", "reason", "what makes it good after all", WHY)
    console.push_screen(FormDialog(f"Clear a bad version of {aim.service}", "clears it", [], [field], choices), done)
