"""Dependencies that are broken as things stand: versions that may run side by side now and must
not. Interlock makes none; it finds them, shows them, and lets either side mend them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.names import InstanceId
from engine.plan.estate import Estate
from engine.plan.sequencing.sequence import Clash, clash_of


def violations(estate: Estate, instance: InstanceId) -> Iterator[Clash]:
    """What an instance's versions break now, as the one that needs or the one that is needed."""
    name, mine = instance.service, estate.may_run(instance)
    for other in estate.neighbours(name):
        theirs = estate.may_run(instance._replace(service=other))
        for clash in (clash_of(estate, name, mine, other, theirs), clash_of(estate, other, theirs, name, mine)):
            if clash is not None:
                yield clash


def sentence(clash: Clash) -> str:
    """A violation in words."""
    needs = f"{clash.consumer} {clash.consumer_version} needs {clash.provider} {clash.need.version}"
    return f"{needs} and runs beside {clash.provider} {clash.provider_version}: either side may be moved to mend it"
