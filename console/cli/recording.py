"""What a pipeline keeps of a deployment that it waits for: its progress as NDJSON, a line for
each thing that becomes so, and its end as a JUnit file, in which a service is a test case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from console.cli.render.changes import FINAL, failure_text
from console.cli.reporting import Reporter, reporter
from engine.api.protocol import ChangeView, ItemView
from engine.errors import UsageError
from engine.model.text import printable

Fact = dict[str, Any]
NOT_STARTED = frozenset({"waiting", "paused"})


def facts(change: ChangeView) -> Iterator[Fact]:
    """What is so: the state of the change, of each item and move, and each wait. A fact is new if
    the view before did not have it."""
    about = {"change": change["id"], "environment": change["environment"]}
    yield {**about, "event": "change", "state": change["state"]}
    for item in change["items"]:
        what = {**about, "service": item["service"]}
        yield {**what, "event": "item", "state": item["state"], "from": item["from"], "to": item["to"]}
        for move in item["moves"]:
            where = {"host": move["host"], "goal": move["goal"], "attempt": move["attempt"]}
            state = {"state": move["state"], "phase": move["phase"], "detail": printable(move["detail"] or "")}
            yield {**what, "event": "move", **where, **state}
    for wait in change["waits"]:
        why = {"reason": wait["reason"], "subject": wait["subject"], "message": printable(wait["message"])}
        yield {**about, "event": "wait", **why, "until": wait["until"], "unblock": wait["unblock"]}


class Recording:
    """Both files of one deployment, open from before it is asked for: what cannot be kept is said
    while nothing has happened yet. Raises UsageError if a file cannot be written."""

    def __init__(self, progress: str | None, junit: str | None) -> None:
        self._progress = _open(progress) if progress else None
        self._junit = _open(junit) if junit else None
        self._changes: dict[str, ChangeView] = {}

    def reporter(self) -> Reporter:
        """What shows a change that is followed, and keeps it."""
        return _Kept(reporter(), self)

    def take(self, change: ChangeView) -> None:
        """A change as it is now."""
        before = list(facts(self._changes[change["id"]])) if change["id"] in self._changes else []
        self._changes[change["id"]] = change
        if self._progress is not None:
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            for fact in facts(change):
                if fact not in before:
                    self._progress.write(json.dumps({"at": at, **fact}) + "\n")
            self._progress.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._junit is not None and self._changes:
            self._junit.write(junit_text(list(self._changes.values())))
        for file in (self._progress, self._junit):
            if file is not None:
                with suppress(OSError):  # a full disk must not hide how the deployment ended
                    file.close()


class _Kept:
    """Another reporter, with everything that it is told kept too."""

    def __init__(self, shown: Reporter, recording: Recording) -> None:
        self._shown, self._recording = shown, recording

    def update(self, change: ChangeView) -> None:
        """Keep it and show it."""
        self._recording.take(change)
        self._shown.update(change)

    def __enter__(self) -> Self:
        self._shown.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._shown.__exit__(kind, error, trace)


def _open(path: str) -> IO[str]:
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{printable(path, 200)} cannot be written: {error.strerror}. Nothing was asked for."
        ) from None


def junit_text(changes: list[ChangeView]) -> str:
    """Changes as JUnit's XML: a suite for each, a case for each service. A service that did not
    get where it should is a failure, with what its hosts said; one that was never begun, because
    another failed or a newer change took it over, is skipped."""
    from xml.etree import ElementTree as ET  # most commands never write any

    suites = ET.Element("testsuites", name="interlock")
    for change in changes:
        name = f"change {change['id']} in {change['environment']}"
        suite = ET.SubElement(suites, "testsuite", name=name, timestamp=(change["created"] or "").rstrip("Z"))
        counted = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for item in change["items"]:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"interlock.{change['environment']}.{item['service']}",
                name=f"{item['service']} {printable(item['from'] or '-')} -> {printable(item['to'] or '-')}",
                time=f"{_lasted_s(item.get('started'), item.get('finished')):.3f}",
            )
            kind, message, text = verdict(change, item)
            counted["tests"] += 1
            if kind:
                counted["failures" if kind == "failure" else kind] += 1
                ET.SubElement(case, kind, message=message).text = text
        suite.attrib.update({key: str(value) for key, value in counted.items()})
        suite.set("time", f"{_lasted_s(change['started'], change['finished']):.3f}")
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def verdict(change: ChangeView, item: ItemView) -> tuple[str, str, str]:
    """JUnit's element for an item ("" if it is where it should be), its message and its text."""
    state = item["state"]
    if state == "succeeded":
        return "", "", ""
    if state == "superseded":
        return "skipped", "superseded by a newer change", ""
    if state in NOT_STARTED and any(each["failure"] for each in change["items"]):
        return "skipped", "not started: another service of the change failed", ""
    waits = "\n".join(f"{each['reason']}: {printable(each['message'])}" for each in change["waits"])
    if change["state"] not in FINAL:
        return "failure", f"still {state}: nobody waited any longer", waits
    message = printable(item["failure"] or "").partition("\n")[0] or f"the change was {change['state']}"
    return "failure", message, failure_text(change)


def _lasted_s(started: str | None, finished: str | None) -> float:
    if not started or not finished:
        return 0.0
    return max(0.0, (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds())
