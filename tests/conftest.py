"""What holds for every test: which ones may run beside each other, and that CI skips nothing.

With INTERLOCK_REQUIRE_LAB=1 a test that would skip for want of a tool fails instead, and says
what it missed.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

REQUIRED = os.environ.get("INTERLOCK_REQUIRE_LAB") == "1"
# What takes longest begins first, so that the workers end together.
LONGEST_FIRST = (
    *("tests/lab/", "tests/drivers/test_kills", "tests/cli/test_demo", "tests/simulation/test_seeds"),
    *("tests/runtime/", "tests/simulation/", "tests/drivers/", "tests/console/", "tests/cli/", "tests/plan/"),
)


def _length(item: pytest.Item) -> int:
    return next((rank for rank, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)), 99)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # by number of tests, which says little here


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_length)


class Together(LoadScopeScheduling):
    """With several workers the tests of one file stay in one process, and those of the lab,
    whose hosts exist once on a machine, in one as well."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/lab" if file.startswith("tests/lab/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"INTERLOCK_REQUIRE_LAB=1 forbids skipping: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if REQUIRED and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"INTERLOCK_REQUIRE_LAB=1 forbids skipping: {_reason(report)}"
    return report
