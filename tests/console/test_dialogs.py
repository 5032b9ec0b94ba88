"""Every action that asks or sends: accepted, refused, impossible; and the registry that they come from."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from console.tui.actions import ACTIONS, ALL, BY_ID, Aim, Danger, of_screen
from console.tui.blocked import blocked
from console.tui.dialogs.confirm import DEAF_S, ConfirmDialog
from console.tui.dialogs.deploy import DeployDialog
from console.tui.dialogs.sheet import Sheet
from console.tui.screens.base import bindings
from tests.console.conftest import Hand, Open


def sent(hand: Hand) -> list[tuple[str, dict[str, object]]]:
    """What reached the engine, previews left out."""
    return [post for post in hand.engine.posts if post[0] != "/v1/plan"]


@pytest.mark.parametrize("screen", ALL)
def test_every_key_of_a_screen_means_one_thing(screen: str) -> None:
    keys = [key for action in of_screen(screen) for key in action.keys_on(screen)]
    assert len(keys) == len(set(keys))
    made = [binding for binding in bindings(screen) if isinstance(binding, Binding)]
    assert [binding.id for binding in made] == [action.id for action in of_screen(screen)]


def test_every_action_of_the_footer_is_on_that_screen() -> None:
    assert [action.id for action in ACTIONS if not set(action.footer) <= set(action.where)] == []


async def test_every_action_of_every_screen_has_someone_who_does_it(opened: Open) -> None:
    from console.tui.deeds import DEEDS

    async with opened() as hand:
        for key, name in zip("12345678", ALL, strict=False):
            await hand.press(key)
            screen = hand.app.screen
            for action in of_screen(name):
                brake = action.request is not None and action.danger is Danger.BRAKE
                assert brake or hasattr(screen, f"do_{action.id}") or action.id in DEEDS, (name, action.id)


async def test_deploy_with_nothing_but_enter_queues_the_newest(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        assert isinstance(hand.app.screen, DeployDialog)
        await hand.until(lambda: "8.3.0" in hand.part("#suggestions"))
        await hand.press("enter")
        await hand.until(lambda: "8.1.0 → 8.3.0" in hand.part("#preview"))
        assert sent(hand) == []
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        assert sent(hand) == [("/v1/changes", {"environment": "prod", "services": {"search": "8.3.0"}})]
        await hand.until(lambda: "change 43 is queued" in hand.part("#footer"))
        assert hand.app.session.change == "43"


async def test_a_lockstep_shows_its_bridge_and_one_key_takes_it(opened: Open) -> None:
    leg = {"environment": "prod", "service": "search", "from": "8.1.0", "to": "8.2.0"}
    async with opened() as hand:
        hand.engine.knots = (
            [{"services": ["cart", "search"], "pairs": []}],
            [leg, {**leg, "from": "8.2.0", "to": "8.3.0"}],
        )
        await hand.press("d")
        await hand.press(*"8.3.0")
        await hand.until(lambda: all(t in hand.part("#preview") for t in ("8.1.0 → 8.3.0", "8.2.0 → 8.3.0")))
        assert "takes this bridge" in hand.part("#preview")
        await hand.press("ctrl+b")
        await hand.until(lambda: sent(hand))
        wanted = {"environment": "prod", "services": {"search": "8.3.0"}, "accept_bridge": True}
        assert sent(hand) == [("/v1/changes", wanted)]


async def test_without_a_bridge_its_key_takes_nothing(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        await hand.press(*"8.3.0")
        await hand.until(lambda: "8.1.0 → 8.3.0" in hand.part("#preview"))
        await hand.press("ctrl+b", "escape")
        assert sent(hand) == []


async def test_deploy_of_several_shows_order_waits_and_what_it_touches(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d", "ctrl+u")
        await hand.type("chk")
        await hand.until(lambda: hand.part("#suggestions").startswith(" checkout"))
        await hand.press("tab")
        await hand.type("1.10.0 ledger=2.5.0")
        await hand.until(lambda: "after ledger" in hand.part("#preview"))
        preview = hand.part("#preview")
        assert preview.index("ledger") < preview.index("checkout")
        assert "DependencyBusy" in preview
        assert "needed by" in preview
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        assert sent(hand)[0][1]["services"] == {"checkout": "1.10.0", "ledger": "2.5.0"}


async def test_typing_another_service_replaces_the_one_that_is_offered(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        await hand.type("checkout=1.10.0 ledger=2.5.0")
        await hand.until(lambda: "after ledger" in hand.part("#preview"))
        await hand.press("enter")
        await hand.until(lambda: sent(hand))
        assert sent(hand)[0][1]["services"] == {"checkout": "1.10.0", "ledger": "2.5.0"}


async def test_deploy_chooses_another_version_with_the_arrows(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        await hand.until(lambda: "8.3.0" in hand.part("#suggestions"))
        await hand.press("down", "down", "up", "enter", "enter")
        await hand.until(lambda: sent(hand))
        assert sent(hand)[0][1]["services"] == {"search": "8.2.0"}


async def test_deploy_refused_says_why_and_stays(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d")
        await hand.type("99.0")
        await hand.until(lambda: "search has no artifact 99.0" in hand.part("#preview"))
        hand.engine.refusal = "search has no artifact 99.0; near: 8.3.0"
        await hand.press("enter")
        await hand.until(lambda: "near: 8.3.0" in hand.part("#preview"))
        assert isinstance(hand.app.screen, DeployDialog)
        await hand.press("escape")
        assert sent(hand) == []
        assert hand.app.current_mode == "map"


async def test_deploy_says_what_is_incomplete(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("d", "ctrl+u")
        await hand.type("nothing")
        await hand.press("enter")
        await hand.until(lambda: "nothing: which version?" in hand.part("#preview"))


@pytest.mark.parametrize(
    ("key", "change", "path", "body"),
    [
        ("c", "42", "/v1/cancel", {"subject": "42"}),
        ("r", "41", "/v1/rollback", {"subject": "41", "mark_bad": True}),
        ("x", "41", "/v1/abort", {"subject": "41"}),
    ],
)
async def test_danger_asks_once(opened: Open, key: str, change: str, path: str, body: dict[str, object]) -> None:
    async with opened() as hand:
        hand.app.session.change = change
        await hand.press("4", key)
        dialog = hand.app.screen
        assert isinstance(dialog, ConfirmDialog)
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        await hand.press("enter")
        assert sent(hand) == []
        await hand.press(key, key, key)
        assert sent(hand) == []
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand))
        assert sent(hand) == [(path, body)]


async def test_a_confirm_key_typed_ahead_decides_nothing(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.tui.dialogs.confirm.DEAF_S", 60.0)
    async with opened() as hand:
        hand.app.session.change = "42"
        await hand.press("4")
        await hand.pilot.press("c", "y", "y")
        assert isinstance(hand.app.screen, ConfirmDialog)
        await hand.press("escape")
        assert sent(hand) == []


async def test_a_rollback_that_others_refuse_shows_the_chain_and_one_key_takes_it(opened: Open) -> None:
    async with opened() as hand:
        leg = {"environment": "prod", "from": "2.0", "to": "1.0"}
        hand.engine.chain = [{**leg, "service": "cart"}, {**leg, "service": "search"}]
        await hand.press("r")
        await hand.until(lambda: "takes the whole chain back" in hand.text)
        await hand.until(lambda: "1. cart 2.0 → 1.0" in hand.text)
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("c")
        await hand.until(lambda: sent(hand))
        assert sent(hand) == [("/v1/rollback", {"subject": "search@prod", "chain": True, "mark_bad": True})]


async def test_rollback_of_a_service_names_who_needs_it(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("r")
        await hand.until(lambda: "Roll back search@prod?" in hand.text)
        assert "recommend, storefront, mobile-api" in hand.part("#blast")
        await hand.until(lambda: "search  2.0.0 → 1.9.0" in hand.part("#blast"))
        await hand.pilot.pause(DEAF_S + 0.05)
        await hand.press("y")
        await hand.until(lambda: sent(hand) == [("/v1/rollback", {"subject": "search@prod", "mark_bad": True})])


async def test_help_is_the_registry(opened: Open) -> None:
    async with opened(120, 90) as hand:
        await hand.press("question_mark")
        assert isinstance(hand.app.screen, Sheet)
        await hand.until(lambda: "palette" in hand.text)
        shown = hand.text
        for action in of_screen("map"):
            assert action.name in shown
        await hand.press("j", "k", "pagedown", "pageup", "q")
        assert hand.app.current_mode == "map"


async def test_the_palette_finds_an_action(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("ctrl+p")
        await hand.type("queue")
        await hand.pilot.pause(0.5)
        await hand.press("enter")
        await hand.until(lambda: hand.app.current_mode == "queue")


async def test_a_refusal_stands_in_the_footer(opened: Open) -> None:
    async with opened() as hand:
        hand.engine.refusal = "change 41 is at its last placement"
        await hand.press("4", "p")
        await hand.until(lambda: "– change 41 is at its last placement" in hand.part("#footer"))


async def test_an_impossible_key_says_why(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.change = "39"
        await hand.press("4", "c")
        await hand.until(lambda: "cancel: change 39 is over (failed)" in hand.part("#footer"))


async def test_read_only_changes_nothing_and_says_so(opened: Open) -> None:
    async with opened(read_only=True) as hand:
        for key in ("d", "p", "P", "r"):
            await hand.press(key)
            await hand.until(lambda: "this console is read-only" in hand.part("#footer"))
        assert "read-only" in hand.part("#header")
        assert sent(hand) == []


async def test_ctrl_c_does_not_quit(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("ctrl+c")
        await hand.until(lambda: "q quits" in hand.part("#footer"))
        assert hand.app.is_running


async def test_q_quits_and_says_what_goes_on(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("q")
        said = str(hand.app._exit_renderables[0])
        assert said == "The engine goes on without you: 41 (ledger, checkout) running; 42 (returns) waiting."
        assert hand.app.return_code == 0


async def test_leaving_a_demo_does_not_promise_that_it_goes_on(opened: Open) -> None:
    async with opened(engine_stays=False) as hand:
        await hand.press("ctrl+c")
        await hand.until(lambda: "the demo ends with it" in hand.part("#footer"))
        await hand.press("q")
        assert str(hand.app._exit_renderables[0]).startswith("The demo ends here, and with it: 41 (")


@pytest.mark.parametrize(
    ("name", "aim", "said"),
    [
        ("deploy", Aim(read_only=True), "read-only"),
        ("deploy", Aim(connected=False), "no engine answers"),
        ("deploy", Aim(), ""),
        ("pause", Aim(), "no service or change"),
        ("cancel", Aim(service="a", environment="prod"), "no unfinished change touches a@prod"),
        ("why", Aim(service="a", environment="prod", connected=False), "no engine answers"),
        ("help", Aim(connected=False, read_only=True), ""),
    ],
)
def test_blocked_says_why(name: str, aim: Aim, said: str) -> None:
    assert said in blocked(BY_ID[name], aim)
    assert bool(said) == bool(blocked(BY_ID[name], aim))
