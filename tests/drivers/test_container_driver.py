"""Driver ``container``, with a podman that only the tests know: what is pulled, run, kept and put back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine import drivers
from engine.drivers import ConfirmResult, StepResult
from engine.errors import SecretMissing
from engine.model.hook import SecretSource
from engine.model.observation import Health, Unit
from engine.model.release import marker
from engine.model.running import Container
from engine.model.service import Configuration, DriverName, HealthCheck
from tests.drivers.box import Box, Placed, eventually, placed
from tests.drivers.fake_podman import FakePodman

IMAGE = "registry.example/web:{version}"
QUICK = HealthCheck(interval_s=0.1, timeout_s=1.0, passes=1)
PLAIN = Configuration(
    DriverName.CONTAINER,
    "interlock",
    "serve --name 'the shop'",
    health=QUICK,
    container=Container(IMAGE, ("--publish=8080:80",)),
)


def ready(box: Box, *versions: str, runtime: str = "podman", **changes: object) -> tuple[Placed, FakePodman]:
    """A host with a podman, whose registry has these versions; all of them are staged."""
    podman = FakePodman(box, runtime)
    web = placed(box, replace(PLAIN, **changes))  # type: ignore[arg-type]
    assert web.claimed().accepted
    for version in versions:
        podman.publish(IMAGE.replace("{version}", version), f"sha-{version}")
        answer = web.at(version).stage(marker("web", version, IMAGE))
        assert (answer.state, answer.detail) == ("have", "pulled by the host")
    return web, podman


def test_what_is_staged_was_pulled_the_switch_pulls_nothing_and_a_withdrawal_leaves_nothing(any_box: Box) -> None:
    web, podman = ready(any_box, "1.0", "2.0")
    podman.fail("pull", "no route to the registry")
    assert web.at("2.0").stage(marker("web", "2.0", IMAGE)).state == "have"
    web.deployed("1.0", "first").deployed("2.0", "second")
    eventually(lambda: podman.containers() == {"current": ("2.0", "running")})
    assert podman.calls("pull") == 2
    seen = web.sighting()
    assert (seen.version, seen.release, seen.unit, seen.health) == ("2.0", "2.0", Unit.RUNNING, Health.PASSING)
    assert seen.sha256 == marker("web", "2.0", IMAGE).sha256
    (container,) = (podman.folder / "containers").iterdir()
    assert podman.read(container, "image") == "sha-2.0"
    assert podman.read(container, "arguments").split("\n") == ["serve", "--name", "the shop"]
    eventually((container / "policy").exists)
    refuses_an_unknown_image(web, podman)
    assert web.withdraw("out").result is StepResult.WITHDRAWN
    assert (podman.containers(), web.current()) == ({}, "")
    assert web.sighting().unit is Unit.ABSENT


def refuses_an_unknown_image(web: Placed, podman: FakePodman) -> None:
    """In the words of the runtime, with nothing touched."""
    podman.fail("pull")
    answer = web.at("3.0").stage(marker("web", "3.0", IMAGE))
    assert answer.state == "refused"
    assert "podman pull registry.example/web:3.0: Error: initializing source" in answer.detail
    assert "manifest unknown" in answer.detail
    assert web.at("3.0").switch("third").result is StepResult.UNSTAGED
    assert podman.containers() == {"current": ("2.0", "running")}


def test_what_dies_is_put_back_without_the_registry(any_box: Box) -> None:
    web, podman = ready(any_box, "1.0", "2.0")
    web.deployed("1.0", "first")
    podman.kill_images("sha-2.0")
    podman.fail("pull", "no route to the registry")
    answer = web.at("2.0").switch("second", deadline_s=0.5)
    assert answer.result is StepResult.REVERTED
    assert "has ended with status 1; release 1.0 was put back" in answer.detail
    assert answer.log == ("started 2.0",)
    assert (podman.containers(), podman.calls("run")) == ({"current": ("1.0", "running")}, 2)


def test_what_cannot_be_run_is_put_back_with_the_reason(box: Box) -> None:
    web, podman = ready(box, "1.0", "2.0")
    web.deployed("1.0", "first")
    podman.fail("run", "port 8080 is taken")
    answer = web.at("2.0").switch("second")
    assert answer.result is StepResult.REVERTED
    assert "podman run: Error: port 8080 is taken" in answer.detail
    assert podman.containers() == {"current": ("1.0", "running")}


def test_the_former_container_is_kept_until_the_confirmation(any_box: Box) -> None:
    web, podman = ready(any_box, "1.0", "2.0")
    web.deployed("1.0", "first")
    assert web.at("2.0").switch("second", confirm_s=1.0).result is StepResult.HEALTHY
    assert podman.containers() == {"current": ("2.0", "running"), "former": ("1.0", "exited")}
    eventually(lambda: podman.containers() == {"current": ("1.0", "running")})
    assert web.confirm("second").result is ConfirmResult.FIRED
    eventually(lambda: not web.report().steps)
    assert (web.current(), web.sighting().version) == ("releases/1.0", "1.0")


@pytest.mark.parametrize("instant", ["stop", "rename", "run"])
def test_a_job_killed_between_its_words_to_the_runtime(box: Box, instant: str) -> None:
    web, podman = ready(box, "1.0", "2.0")
    web.deployed("1.0", "first")
    tool = podman.folder / "bin" / "podman"
    sound = tool.read_text()
    # the word takes effect, and then its caller is gone: as if the machine had run out of memory
    kill = f'[ "$1" != {instant} ] || trap \'kill -9 $(cut -d " " -f 1 {web.own}/steps/second/job)\' EXIT\n'
    tool.write_text(sound.replace("all=$*\n", kill + "all=$*\n"))
    result = web.at("2.0").switch("second").result
    tool.write_text(sound)
    assert result is StepResult.LOST
    eventually(lambda: podman.containers() == {"current": ("1.0", "running")} and not web.report().steps)
    assert web.current() == "releases/1.0"


def test_after_a_reboot_what_was_not_confirmed_is_put_back(box: Box) -> None:
    web, podman = ready(box, "1.0", "2.0")
    web.deployed("1.0", "first")
    assert web.at("2.0").switch("second").result is StepResult.HEALTHY
    box.reboot("boot-2")
    web.report()
    eventually(lambda: podman.containers() == {"current": ("1.0", "running")})
    assert web.at("2.0").switch("second").result is StepResult.REBOOTED


def test_a_first_version_that_fails_leaves_no_container(box: Box) -> None:
    web, podman = ready(box, "1.0")
    podman.kill_images("sha-1.0")
    assert web.at("1.0").switch("first", deadline_s=0.3).result is StepResult.REVERTED
    assert (podman.containers(), web.current()) == ({}, "")


def test_variables_and_secrets_travel_in_files_of_the_login_alone(box: Box) -> None:
    web, podman = ready(box, "1.0", variables={"COLOUR": "it's $red #1"}, secrets={"TOKEN": SecretSource(env="T")})
    spec = web.at("1.0").spec
    command = drivers.switch(spec, web.claim, "first", 0.1, 5.0, 5.0, {"TOKEN": "hush 'hush'"})
    assert drivers.parse_switch(box.run(command)).result is StepResult.HEALTHY
    assert podman.said("environment").splitlines() == ["COLOUR=it's $red #1", "TOKEN=hush 'hush'"]
    assert podman.said("modes").split() == ["600", "600"]
    assert "hush" not in podman.said("calls")
    with pytest.raises(SecretMissing, match="TOKEN has several lines"):
        drivers.switch(spec, web.claim, "second", 0.1, 5.0, 5.0, {"TOKEN": "a\nb"})


def test_a_tag_that_moved_is_not_taken_for_what_ran(box: Box) -> None:
    web, podman = ready(box, "1.0")
    for image in (podman.folder / "images").iterdir():
        image.unlink()
    assert web.at("1.0").stage(marker("web", "1.0", IMAGE)).state == "have"
    assert podman.calls("pull") == 2
    for image in (podman.folder / "images").iterdir():
        image.unlink()
    podman.publish(IMAGE.replace("{version}", "1.0"), "sha-moved")
    answer = web.at("1.0").stage(None)
    assert answer.state == "refused"
    assert "registry.example/web:1.0 is another image now" in answer.detail


def test_states_of_the_container_are_told_and_somebody_elses_is_left_alone(box: Box) -> None:
    web, podman = ready(box, "1.0")
    web.deployed("1.0", "first")
    (container,) = (podman.folder / "containers").iterdir()
    for state, code, unit in [
        ("paused", "0", Unit.STOPPED),
        ("exited", "143", Unit.STOPPED),
        ("exited", "2", Unit.FAILED),
        ("restarting", "1", Unit.FAILED),
        ("created", "0", Unit.STOPPED),
        ("odd", "3", Unit.FAILED),
    ]:
        (container / "state").write_text(state)
        (container / "code").write_text(code)
        assert (web.sighting().unit, web.sighting().health) == (unit, Health.FAILING), state
    podman.fail("container", "cannot connect to the daemon")
    seen = web.sighting()
    assert (seen.unit, seen.detail) == (Unit.UNKNOWN, "podman: Error: cannot connect to the daemon")
    podman.fail("container")
    (container / "folder").write_text("/elsewhere")
    answer = web.at("2.0").stage(marker("web", "2.0", IMAGE))
    assert answer.state == "refused"
    assert "is not one that Interlock made" in answer.detail
    assert web.sighting().unit is Unit.UNKNOWN


def test_images_go_with_their_releases(box: Box) -> None:
    web, podman = ready(box, "1.0", "2.0", "3.0")
    for number, version in enumerate(("1.0", "2.0", "3.0")):
        web.deployed(version, f"s{number}", keep=2)
    eventually(lambda: podman.calls("rmi") == 1)
    assert "rmi registry.example/web:1.0" in podman.said("calls")


def test_docker_does_as_well(box: Box) -> None:
    box.path = without(box, "podman")
    web, _ = ready(box, "1.0", runtime="docker")
    web.deployed("1.0", "first")
    assert drivers.parse_log(box.run(drivers.service_log(web.spec, 5))) == ("started 1.0",)


def test_a_host_without_a_runtime_is_refused_before_anything_is_staged(box: Box) -> None:
    box.path = without(box, "podman", "docker")
    web = placed(box, PLAIN)
    assert web.claimed().accepted
    answer = web.at("1.0").stage(marker("web", "1.0", IMAGE))
    assert (answer.state, answer.detail) == (
        "refused",
        "neither podman nor docker is on this host: install one of them",
    )


def without(box: Box, *names: str) -> str:
    """A PATH on which these programs are not, whatever this machine has."""
    folder = box.folder / "tools"
    folder.mkdir()
    for place in reversed([*box.path.split(":"), "/usr/sbin", "/sbin"]):
        for tool in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / tool.name
            link.unlink(missing_ok=True)
            link.symlink_to(tool)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    return str(folder)
