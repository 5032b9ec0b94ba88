"""Every command as it is sent and every answer as it is read: what changes here changes on hosts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine import drivers
from engine.drivers import ClaimAnswer, ConfirmResult, StepResult, script
from engine.drivers.bundle import bundle
from engine.errors import AnswerUnreadable
from engine.model.hook import SecretSource
from engine.model.inventory import Host
from engine.model.names import PlacementId
from engine.model.observation import Claim, Health, Sighting, Unit
from engine.model.release import Artifact, marker
from engine.model.remote import Command, Reply
from engine.model.running import Container, Script
from engine.model.service import Configuration, DriverName, HealthCheck
from tests.drivers.box import SCRIPT, have

GOLDENS = Path(__file__).parent / "goldens"
HELD = Claim("store1", 7, "engine1")
PLACEMENT = PlacementId("checkout", "prod", "pay-eu-a1")
HOST = Host("pay-eu-a1", "127.4.0.11", "prod", "eu-a")
CONFIGURATION = Configuration(
    DriverName.PROCESS,
    "interlock",
    "bin/checkout --bind {address}:8080 --name '{service}@{environment}'",
    variables={"RELEASE": "{version}", "ODD": "it's {this} $HOME"},
    health=HealthCheck(
        http="http://{address}:8080/healthz", version="http://{address}:8080/version", interval_s=0.5, timeout_s=1.5
    ),
)
ARTIFACT = Artifact("checkout", "2.0.0", "/artifacts/checkout-2.0.0.tar.gz", "ab" * 32, 12345, "tar.gz")


def spec(configuration: Configuration = CONFIGURATION, version: str | None = "2.0.0") -> drivers.PlacementSpec:
    return drivers.expand(configuration, PLACEMENT, HOST, version, "acme")


SYSTEMD = replace(CONFIGURATION, driver=DriverName.SYSTEMD, base="/opt/interlock", user="checkout")
OWN_UNIT = replace(SYSTEMD, unit="[Service]\nExecStart=/opt/interlock/checkout/current/bin/checkout\n\n")
IMAGE = "registry.example/checkout:{version}"
CONTAINER = replace(
    CONFIGURATION,
    driver=DriverName.CONTAINER,
    container=Container(IMAGE, ("--publish={address}:8080:80", "--memory=512m")),
    secrets={"TOKEN": SecretSource(env="T")},
)
SCRIPTED = replace(
    CONFIGURATION,
    driver=DriverName.SCRIPT,
    command="",
    script=Script(("bin/apply", "to {host}", "$HOME"), ("bin/which", "{service}"), 120.0, 2.5),
    secrets={"TOKEN": SecretSource(env="T")},
)
SECRETS = {"TOKEN": "it's $secret"}
CHECKED = replace(CONFIGURATION, health=HealthCheck(command=("bin/check", "a b", "{version}"), passes=3))
COMMANDS = {
    "observe": drivers.observe(
        "acme", [spec(version=None), replace(spec(CHECKED), placement=PlacementId("x", "p", "h"))]
    ),
    "claim": drivers.claim("acme", ["interlock", "/opt/interlock", "interlock"], HELD),
    "claim-take-over": drivers.claim("acme", ["interlock"], HELD, take_over=True),
    "stage": drivers.stage(spec(), HELD, ARTIFACT),
    "stage-without-artifact": drivers.stage(spec(SYSTEMD), HELD, None),
    "upload": drivers.upload(spec(), HELD, ARTIFACT),
    "switch-process": drivers.switch(spec(), HELD, "12.checkout.pay-eu-a1.1", 10.0, 300.0, 60.0),
    "switch-systemd": drivers.switch(spec(SYSTEMD), HELD, "12.checkout.pay-eu-a1.1", 0.25, 2.0, 0.0),
    "switch-own-unit": drivers.switch(spec(OWN_UNIT), HELD, "s", 1, 2, 3),
    "switch-tcp": drivers.switch(spec(replace(CHECKED, health=HealthCheck(tcp="{address}:8080"))), HELD, "s", 1, 2, 3),
    "stage-container": drivers.stage(spec(CONTAINER), HELD, marker("checkout", "2.0.0", IMAGE)),
    "stage-script": drivers.stage(spec(SCRIPTED), HELD, marker("checkout", "2.0.0", "")),
    "switch-container": drivers.switch(spec(CONTAINER), HELD, "s", 1, 2, 3, SECRETS),
    "switch-script": drivers.switch(spec(SCRIPTED), HELD, "s", 1, 2, 3, SECRETS),
    "observe-script": drivers.observe("acme", [spec(SCRIPTED, version=None)]),
    "confirm": drivers.confirm(spec(), HELD, "s"),
    "withdraw": drivers.withdraw(spec(), HELD, "s"),
    "log": drivers.service_log(spec(SYSTEMD), 40),
}


def written(command: Command) -> str:
    head = [command.verb, *(f"{key}={value}" for key, value in command.args)]
    tail = {"upload": command.upload, "timeout_s": command.timeout_s, "fresh": command.fresh}
    return "\n".join(head) + f"\n{json.dumps(tail)}\n--- stdin\n{command.stdin.decode()}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_it_was(name: str) -> None:
    golden = GOLDENS / f"{name}.txt"
    assert written(COMMANDS[name]) == golden.read_text(), f"look at the difference; if it is meant, rewrite {golden}"


ANSWER = """boot\tb-1
clock\t1700000000.25
claim\tstore1 7 engine1
free\t123456
later_key\tignored
service\tcheckout
release\t2.0.0
configuration\t0123456789abcdef
unit\trunning
health\tfailing
version\t1.9.0
step\ts1
detail\tHTTP \x1b[31m503\x1b[0m
"""


def test_an_observation_is_read() -> None:
    report = drivers.parse_observe("pay-eu-a1", Reply(0, ANSWER), [spec()])
    assert (report.boot_id, report.clock_s, report.claim, report.free_bytes) == ("b-1", 1700000000.25, HELD, 123456)
    assert report.steps == {PLACEMENT: "s1"}
    assert report.sightings == (
        Sighting(PLACEMENT, "1.9.0", "2.0.0", "0123456789abcdef", Unit.RUNNING, Health.FAILING, "HTTP 503"),
    )


@pytest.mark.parametrize(
    ("unit", "version", "expected"),
    [("running", "", "2.0.0"), ("running", "3.0", "3.0"), ("stopped", "", None), ("absent", "", None)],
)
def test_without_a_report_of_its_own_the_release_that_runs_counts(
    unit: str, version: str, expected: str | None
) -> None:
    text = ANSWER.replace("running", unit).replace("version\t1.9.0", f"version\t{version}")
    (sighting,) = drivers.parse_observe("h", Reply(0, text), [spec()]).sightings
    assert sighting.version == expected


def test_words_of_a_newer_script_are_unknown_and_not_fatal() -> None:
    text = ANSWER.replace("running", "hibernating").replace("failing", "so-so").replace("free\t123456", "free\tmuch")
    report = drivers.parse_observe("h", Reply(0, text), [spec()])
    assert (report.sightings[0].unit, report.sightings[0].health) == (Unit.UNKNOWN, Health.UNKNOWN)
    assert report.free_bytes == -1


def test_a_host_is_claimed_once_every_base_is() -> None:
    two = ANSWER.replace("free\t", "claim\t\nfree\t")
    assert drivers.parse_observe("h", Reply(0, two), [spec()]).claim is None
    newer = ANSWER.replace("free\t", "claim\tstore1 9 engine3\nfree\t")
    assert drivers.parse_observe("h", Reply(0, newer), [spec()]).claim == Claim("store1", 9, "engine3")


def test_answers_are_read() -> None:
    assert drivers.parse_claim(Reply(0, "holder\ts 3 e\nresult\tfenced\ndetail\twhy\n")) == ClaimAnswer(
        False, Claim("s", 3, "e"), "why"
    )
    assert drivers.parse_claim(Reply(0, "holder\t\nresult\trefused\n")).holder is None
    staged = drivers.parse_stage(Reply(0, "result\trefused\ndetail\tno room\n"))
    assert (staged.state, staged.detail) == ("refused", "no room")
    assert drivers.parse_upload(Reply(0, "result\tstored\n")).state == "stored"
    text = "result\treverted\ndetail\tfirst\ndetail\tsecond\nlog\ta\nlog\tb\n"
    switched = drivers.parse_switch(Reply(0, text))
    assert (switched.result, switched.detail, switched.log) == (StepResult.REVERTED, "first; second", ("a", "b"))
    assert drivers.parse_switch(Reply(0, "result\thealthy\nconfirmed\tyes\n")).confirmed
    assert drivers.parse_confirm(Reply(0, "result\tfired\n")).result is ConfirmResult.FIRED
    assert drivers.parse_log(Reply(0, "log\tone\nlog\t\nlog\ttwo\n")) == ("one", "", "two")


PARSERS = (
    drivers.parse_claim,
    drivers.parse_stage,
    drivers.parse_upload,
    drivers.parse_switch,
    drivers.parse_confirm,
    lambda reply: drivers.parse_observe("h", reply, [spec()]),
)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(None, "result\thealthy\n"),
        Reply(64, "", "interlock host script: refuses the value given for step"),
        Reply(0, ""),
        Reply(0, "result\n"),
        Reply(0, "<html>\t"),
        Reply(0, "result\tsplendid\n"),
        Reply(0, "Last login: today\nresult\thealthy\n"),
        Reply(0, "result\tfenced\nholder\tnonsense\nboot\tb\nclaim\tx y z\n"),
        Reply(0, "x\t" + "y" * 5_000_000),
    ],
)
def test_rubbish_is_an_error_with_its_head(parse: object, reply: Reply) -> None:
    with pytest.raises(AnswerUnreadable) as caught:
        parse(reply)  # type: ignore[operator]
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    found = spec()
    assert found.command == "bin/checkout --bind 127.4.0.11:8080 --name 'checkout@prod'"
    assert found.variables == {"RELEASE": "2.0.0", "ODD": "it's {this} $HOME"}
    assert found.health.http == "http://127.4.0.11:8080/healthz"
    assert found.configuration == CONFIGURATION.digest
    assert spec(version=None).variables["RELEASE"] == ""


def test_an_address_with_a_space_never_becomes_a_line_of_a_spec() -> None:
    with pytest.raises(ValueError, match=r"health\.http"):
        bundle(spec(replace(CONFIGURATION, health=HealthCheck(http="http://a/\nrun\texec evil"))))


def test_a_switch_or_stage_needs_a_version() -> None:
    with pytest.raises(ValueError, match="version"):
        drivers.switch(spec(version=None), HELD, "s", 1, 2, 3)
    with pytest.raises(ValueError, match="version"):
        drivers.stage(spec(version=None), HELD, None)


def test_the_script_is_clean_shell() -> None:
    found = subprocess.run([have("shellcheck"), "-s", "sh", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_no_file_that_cannot_be_written_ends_the_script() -> None:
    # `: >FILE` ends dash and busybox sh on the spot when FILE cannot be written: `true >FILE` only fails.
    assert re.findall(r"(?:^|[;&|{(]|\b(?:then|do|else))\s*(?::|exec)\s+>.*$", SCRIPT.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_every_shell_can_read_the_script(shell: str) -> None:
    words = [have(shell), *(["sh"] if shell == "busybox" else []), "-n", str(SCRIPT)]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    assert shutil.which(shell)


def test_every_part_of_the_script_is_joined_once() -> None:
    folder = Path(script.__file__).with_name("host")
    assert sorted(script.PARTS) == sorted(part.stem for part in folder.iterdir())
    assert len(drivers.DIGEST) == 64
