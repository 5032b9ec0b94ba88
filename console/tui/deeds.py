"""What the keys do beyond moving about: dialogs, requests and switches. A deed gets the console and what
the cursor is on; requests go through a worker, so that the screen never waits for the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from console.tui import decisions, past, upkeep
from console.tui.action import Action, Aim, Request
from console.tui.actions import BY_ID
from console.tui.blocked import blocked
from console.tui.render.footer import Notice
from console.tui.render.line import shorten
from engine.api.protocol import Accepted
from engine.errors import EngineUnreachable, InterlockError

if TYPE_CHECKING:
    from console.tui.app import Console
    from console.tui.commands import Offer
    from console.tui.doing import Doing

Opening = Awaitable[None] | None  # a dialog that is coming up


def deploy(console: Console, action: Action, aim: Aim) -> Opening:
    """Opens the deploy dialog."""
    return _open_deploy(console, aim, f"{aim.service}=" if aim.service else "")


def deploy_line(console: Console, text: str) -> str:
    """Opens the deploy dialog with what was typed elsewhere; or says why not."""
    aim = console.aim("")
    if why_not := blocked(BY_ID["deploy"], aim):
        return f"deploy: {why_not}"
    _open_deploy(console, aim, text)
    return ""


def _open_deploy(console: Console, aim: Aim, text: str) -> Opening:
    from console.tui.dialogs.deploy import DeployDialog

    def done(accepted: Accepted | None) -> None:
        if accepted is not None:
            took(console, accepted)

    picture = lambda: console.picture  # noqa: E731 - the newest one whenever it is asked
    dialog = DeployDialog(console.engine, picture, aim.environment, aim.service, console.engine_now, text)
    return console.push_screen(dialog, done)


def why(console: Console, action: Action, aim: Aim) -> None:
    """Opens the sheet with the answer."""
    from console.tui.dialogs.why import WhySheet
    from console.tui.doing import do

    subject = aim.subject or (aim.change["id"] if aim.change else "")

    def done(wanted: Doing | None) -> None:
        if wanted is not None:
            console.run_worker(do(console, wanted))

    may_act = not console.read_only
    console.push_screen(WhySheet(subject, console.engine, console.engine_now, may_act=may_act), done)


def log(console: Console, action: Action, aim: Aim) -> None:
    """Opens the log of the change or service under the cursor."""
    from console.tui.screens.log import LogScreen

    console.push_screen(LogScreen(aim.change["id"] if aim.change else "", aim.service))


def show_help(console: Console, action: Action, aim: Aim) -> None:
    """Opens the help page of the screen."""
    from console.tui.dialogs.sheet import Sheet
    from console.tui.render.help import help_lines

    name = console.board_screen.NAME
    console.push_screen(Sheet(f"help: {name}", lambda width: help_lines(name, aim, width, console.keys)))


def palette(console: Console, action: Action, aim: Aim) -> None:
    """Opens the palette."""
    console.action_command_palette()


def command(console: Console, action: Action, aim: Aim) -> Opening:
    """Opens the command line, and does what was typed."""
    from console.tui.commands import offers, run
    from console.tui.dialogs.command import CommandLine

    screen = console.board_screen.NAME

    async def do(text: str) -> None:
        if said := await run(console, text):
            console.say(Notice(said, "refused"))
        console.redraw()

    def done(text: str | None) -> None:
        if text and text.strip():
            console.settings.typed(text.strip())
            console.run_worker(do(text))

    def offer(text: str) -> list[Offer]:
        return offers(text, console.picture, console.session.environment, aim.service, screen)

    return console.push_screen(CommandLine(offer, console.settings.lines), done)


def theme(console: Console, action: Action, aim: Aim) -> None:
    """The next theme, which is kept."""
    console.say(Notice(f"theme: {console.next_theme()}"))


def copy(console: Console, action: Action, aim: Aim) -> None:
    """What the cursor is on, to the clipboard."""
    text = console.board_screen.copied()
    if text:
        console.put_on_clipboard(text)
    console.say(Notice(f"copied: {text}") if text else Notice("copy: the cursor is on nothing", "refused"))


def page(console: Console, action: Action, aim: Aim) -> None:
    """What the screen shows at length, in the operator's pager."""
    from console.tui.outside import page as show

    show(console, action, aim)


def edit(console: Console, action: Action, aim: Aim) -> None:
    """The inventory, in the operator's editor."""
    from console.tui.outside import edit as change

    change(console, action, aim)


def environment(console: Console, action: Action, aim: Aim) -> None:
    """The next environment."""
    names = console.picture.environments
    if names:
        at = names.index(aim.environment) + 1 if aim.environment in names else 0
        console.session.environment = names[at % len(names)]


def freeze(console: Console, action: Action, aim: Aim) -> None:
    """Holds the picture still, or lets it go on."""
    session = console.session
    if session.past is not None:
        past.to_present(console)
        return
    session.frozen_since = None if session.frozen_since else console.now()
    if session.frozen_since is None:
        console.picture = console.newest


def leave(console: Console, action: Action, aim: Aim) -> None:
    """Leaves, and says what goes on."""
    from rich.text import Text

    going = "; ".join(
        f"{change['id']} ({', '.join(item['service'] for item in change['items'])}) {change['state']}"
        for change in console.newest.unfinished
    )
    fate = "The engine goes on without you" if console.engine_stays else "The demo ends here, and with it"
    said = f"{fate}: {going}." if going else ""
    console.exit(0, message=Text(shorten(said, 400)) if said else None)


def go(console: Console, action: Action, aim: Aim) -> None:
    """To another screen."""
    console.go(action.id)


DEEDS: dict[str, Callable[[Console, Action, Aim], Opening]] = {
    "deploy": deploy, "rollback": decisions.rollback, "cancel": decisions.cancel, "approve": decisions.approve,
    "abort": decisions.abort, "promote": decisions.promote, "reject": decisions.reject, "retry": decisions.retry,
    "expedite": decisions.expedite, "override": decisions.override,
    "hold": decisions.hold, "clear_bad": decisions.clear_bad,
    **upkeep.DEEDS,
    "why": why, "log": log, "help": show_help,
    "palette": palette, "command": command, "theme": theme, "copy": copy,
    "page": page, "edit": edit,
    "environment": environment, "freeze": freeze, "quit": leave,
    "map": go, "services": go, "queue": go, "rollout": go, "hosts": go,
    "timeline": go, "history": go, "insights": go,
    "earlier": past.earlier, "later": past.later, "much_earlier": past.much_earlier, "much_later": past.much_later,
    "now": past.now,
}  # fmt: skip


def send(console: Console, request: Request) -> None:
    """Sends a request; what comes of it stands in the footer."""
    console.run_worker(_send(console, request), group="requests")


async def _send(console: Console, request: Request) -> None:
    try:
        accepted = await asyncio.to_thread(console.engine.post, request.path, dict(request.body))
    except EngineUnreachable as error:
        console.say(Notice(f"nothing was sent: {error}", "failed"))
    except InterlockError as error:
        console.say(Notice(str(error), "refused"))
    else:
        took(console, accepted)


def took(console: Console, accepted: Accepted) -> None:
    """The engine said yes: its sentence is shown, and the change becomes the one looked at."""
    console.feed.ring()
    if accepted["change"]:
        console.session.change = accepted["change"]
    console.say(Notice(accepted["message"] or f"change {accepted['change']} is queued", "done"))
