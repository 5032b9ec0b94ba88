"""The brakes work at once: pause of a change and of the whole engine; and why says what holds."""

from __future__ import annotations

from tests.console.conftest import Hand, Open


def sent(hand: Hand) -> list[tuple[str, dict[str, object]]]:
    """What reached the engine, previews left out."""
    return [post for post in hand.engine.posts if post[0] != "/v1/plan"]


async def test_pause_is_at_once_and_turns_into_resume(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("4", "p")
        await hand.until(lambda: sent(hand) == [("/v1/pause", {"subject": "41"})])
        hand.engine.board["changes"][0]["state"] = "paused"
        hand.engine.say("paused", "41", "paused")
        await hand.until(lambda: (change := hand.app.picture.change("41")) and change["state"] == "paused")
        await hand.press("p")
        await hand.until(lambda: sent(hand)[1:] == [("/v1/resume", {"subject": "41"})])


async def test_pausing_the_whole_engine_shows_in_the_header(opened: Open) -> None:
    async with opened() as hand:
        await hand.press("P")
        await hand.until(lambda: sent(hand) == [("/v1/pause", {"subject": ""})])
        hand.engine.board["engine"]["paused_by"] = "ana"
        hand.engine.say("engine-paused", "", "paused")
        await hand.until(lambda: "engine paused by ana" in hand.part("#header"))
        await hand.press("P")
        await hand.until(lambda: sent(hand)[-1] == ("/v1/resume", {"subject": ""}))


async def test_why_shows_waits_and_the_one_action(opened: Open) -> None:
    async with opened() as hand:
        hand.app.session.service = "checkout"
        await hand.press("w")
        await hand.until(lambda: "interlock cancel 41" in hand.text)
        assert "for 4m12s" in hand.text
        await hand.press("escape")
        assert hand.app.current_mode == "map"
