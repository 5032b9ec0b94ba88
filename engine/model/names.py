"""The names things go by: an instance is a service in an environment, a placement is an
instance on one host. Named tuples, because they are dictionary keys in the planner's inner
loops and must hash and sort fast.
"""

from __future__ import annotations

from typing import NamedTuple


class InstanceId(NamedTuple):
    """A service in an environment, written ``checkout@prod``."""

    service: str
    environment: str

    def __str__(self) -> str:
        return f"{self.service}@{self.environment}"


class PlacementId(NamedTuple):
    """An instance on one host, written ``checkout@prod/pay-eu-a1``."""

    service: str
    environment: str
    host: str

    @property
    def instance(self) -> InstanceId:
        """The instance this placement belongs to."""
        return InstanceId(self.service, self.environment)

    def __str__(self) -> str:
        return f"{self.service}@{self.environment}/{self.host}"
