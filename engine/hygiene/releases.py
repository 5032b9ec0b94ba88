"""Findings about versions and the artifacts that are to be deployed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise

from engine.hygiene.rule import Remark
from engine.model.inventory import Inventory
from engine.model.release import Catalog
from engine.model.service import Service
from engine.model.version import Scheme, satisfies, sort_key

FEW = 3  # so many services without an artifact are told one by one


def unsatisfiable(inventory: Inventory, catalog: Catalog) -> Iterator[Remark]:
    """Constraints that no version of the provider on disk satisfies."""
    for service in inventory.services.values():
        for index, need in enumerate(service.needs):
            provider = inventory.services.get(need.provider)
            known = catalog.versions(need.provider)
            if provider is None or not known or not need.version:
                continue
            if not any(satisfies(provider.scheme, version, need.version) for version in known):
                newest = _newest(provider, known)
                yield Remark(
                    f"services.{service.name}.needs.{index}",
                    f"no known version of {need.provider} satisfies {need.version} (newest known: {newest}): "
                    f"{service.name} can never be deployed beside it. Build such a version of {need.provider}, "
                    "or widen the constraint",
                )


def equal_versions(inventory: Inventory, catalog: Catalog) -> Iterator[Remark]:
    """Two texts of one service's versions that mean the same version."""
    for service in inventory.services.values():
        if service.scheme is Scheme.OPAQUE:
            continue
        ordered = sorted(sort_key(service.scheme, version) for version in catalog.versions(service.name))
        for (_, one, first), (_, other, second) in pairwise(ordered):
            if one == other:
                yield Remark(
                    f"services.{service.name}.artifact",
                    f"versions {first} and {second} of {service.name} compare equal: which of them is newer, and "
                    "which a constraint means, cannot be told. Remove one of the two artifacts, "
                    "or set `versions: opaque`",
                )


def no_artifact(inventory: Inventory, catalog: Catalog) -> Iterator[Remark]:
    """Services with nothing to deploy. A folder in which nothing is yet for many is told once."""
    bare = _bare_folders(inventory, catalog)
    for folder, names in bare.items():
        yield Remark(
            f"services.{names[0]}.artifact",
            f"no artifact of any of {len(names)} services ({', '.join(names[:FEW])} ...) is found in {folder}: none of "
            "them can be deployed. Put their artifacts there; `interlock demo` makes those of the sample organization",
        )
    told = {name for names in bare.values() for name in names}
    for service in inventory.services.values():
        if service.name in catalog.markers:
            continue
        if service.artifact is None:
            yield Remark(
                f"services.{service.name}",
                f"{service.name} has no artifact: it is observed, and can never be deployed. "
                'Add `artifact: {path: "...-{version}.tar.gz"}`',
            )
        elif not catalog.versions(service.name) and service.name not in told:
            yield Remark(
                f"services.{service.name}.artifact",
                f"no artifact of {service.name} found at {service.artifact.path}: no version of it can be deployed. "
                f"Put one there, with a version that is valid for `versions: {service.scheme.value}`",
            )


def _bare_folders(inventory: Inventory, catalog: Catalog) -> dict[str, list[str]]:
    """The folders of artifacts that hold nothing at all for more than a few services."""
    found: dict[str, list[str]] = {}
    full: set[str] = set()
    for service in inventory.services.values():
        if service.artifact is None or service.name in catalog.markers:
            continue
        folder = os.path.dirname(service.artifact.path)
        if catalog.versions(service.name):
            full.add(folder)
        else:
            found.setdefault(folder, []).append(service.name)
    return {folder: sorted(names) for folder, names in found.items() if len(names) > FEW and folder not in full}


def no_digest(inventory: Inventory, catalog: Catalog) -> Iterator[Remark]:
    """Artifacts that no sums file vouches for."""
    for service in inventory.services.values():
        known = catalog.by_service.get(service.name, {})
        bare = sorted(
            (artifact for artifact in known.values() if not artifact.sha256),
            key=lambda artifact: sort_key(service.scheme, artifact.version),
        )
        if bare and service.artifact is not None:
            sums = service.artifact.sha256 or os.path.join(os.path.dirname(bare[0].path), "SHA256SUMS")
            versions = ", ".join(artifact.version for artifact in bare[-6:])
            yield Remark(
                f"services.{service.name}.artifact",
                f"no sha256 is known for {service.name} {versions}: Interlock deploys nothing that it cannot verify. "
                f"Add {'it' if len(bare) == 1 else 'them'} to {sums} (sha256sum FILE >> SHA256SUMS, in that folder)",
            )


def _newest(service: Service, versions: tuple[str, ...]) -> str:
    return max(versions, key=lambda version: sort_key(service.scheme, version))
