"""A secret's way from the engine's environment to the service, and all the places where it never is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.model.change import Status
from tests.runtime.fleets import quick_fleet
from tests.runtime.running import EngineProcess, as_json, eventually, running_engine

SENTINEL = "sentinel-7c1f-do-not-tell"
PATHS = ("/v1/status", "/v1/changes/1", "/v1/changes/1/logs", "/v1/changes/2/logs", "/v1/history", "/v1/hosts")


def declare(inventory: Path, **keys: object) -> None:
    """Give the service ``config`` these keys; what it is run by tells its secret at once."""
    for file in sorted(inventory.glob("*.yaml")):
        document = yaml.load(file.read_text(), yaml.BaseLoader)
        if "config" in document.get("services", {}):
            service = document["services"]["config"]
            service["command"] = f"sh -c 'echo token $TOKEN; exec {service['command']}'"
            service.update(keys)
            file.write_text(yaml.safe_dump(document))


def everywhere(folder: Path) -> list[str]:
    """The files below a folder that hold the secret."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(str(path) for path in files if SENTINEL.encode() in path.read_bytes())


def told() -> list[str]:
    """The command lines on this machine that hold it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if SENTINEL.encode() in words:
            found.append(words.decode())
    return found


async def test_the_service_gets_it_and_nobody_else_ever_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIG_TOKEN", SENTINEL)
    async with quick_fleet(tmp_path / "fleet", services=1, hosts=2) as fleet:
        declare(fleet.inventory, secrets={"TOKEN": {"env": "CONFIG_TOKEN"}})
        engine = await EngineProcess(fleet.inventory, fleet.state, "--log-format", "json").ready()
        for number, version in enumerate(("1.9.0", "1.8.0"), 1):
            await engine.post("/v1/changes", {"environment": "prod", "services": {"config": version}})

            async def over(change: int = number) -> bool:
                view = await engine.get(f"/v1/changes/{change}")
                assert isinstance(view, dict)
                return view["state"] in ("succeeded", "failed", "reverted")

            await eventually(over, 60.0, engine.log.read_text)
        said = [as_json(await engine.get(path)) for path in PATHS]
        assert '"state": "succeeded"' in said[1], said[1]
        assert "[secret]" in said[2], "the service tells it, and its log is shown without it"
        assert not [text for text in said if SENTINEL in text]
        assert told() == []
        assert await engine.terminate() == 0
        assert everywhere(fleet.state) == everywhere(fleet.inventory) == []
        assert SENTINEL not in engine.log.read_text()
        log, *kept = sorted(Path(path).name for path in everywhere(fleet.home(next(iter(fleet.addresses)))))
        assert set(kept) <= {"secrets"}, "the file of each kept configuration, and the service's own log"
        assert log == "log"


async def test_a_missing_secret_is_refused_before_anything_is_switched(tmp_path: Path) -> None:
    async with quick_fleet(tmp_path / "fleet", services=1, hosts=2) as fleet:
        declare(fleet.inventory, secrets={"TOKEN": {"file": "no-such-file"}})
        async with running_engine(fleet.inventory, fleet.state) as running:
            change = await running.done(await running.deploy(config="1.9.0"))
            assert change.status is Status.FAILED
            assert "the secret TOKEN cannot be read" in change.item("config").failure
            assert "nothing was switched" in change.item("config").failure
            host = next(iter(change.item("config").moves))
            assert await fleet.reported(host, 8101) is not None
            assert not (fleet.home(host) / "interlock/config/.interlock/steps").exists() or not list(
                (fleet.home(host) / "interlock/config/.interlock/steps").iterdir()
            )
            bad = running.engine.snapshot.state.instances
            assert not any(instance.bad for instance in bad.values())
