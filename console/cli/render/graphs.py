"""The graph of services as text, for dot and for mermaid."""

from __future__ import annotations

import json

from engine.api.protocol import ExternalView, GraphView, NeedView, ServiceView
from engine.model.text import printable


def graph_text(graph: GraphView) -> str:
    """The services by layer, those that need nothing first, each with what it needs."""
    lines = []
    for layer in sorted({service["layer"] for service in graph["services"]}):
        lines.append(f"layer {layer}")
        lines += [f"  {_line(service)}" for service in graph["services"] if service["layer"] == layer]
    externals = graph.get("externals", [])
    lines += ["externals"] if externals else []
    lines += [f"  {_external(external)}" for external in externals]
    return "\n".join(lines)


def _external(external: ExternalView) -> str:
    detail = f": {external['detail']}" if external["detail"] and external["health"] != "passing" else ""
    owner = f" ({external['owner']})" if external["owner"] else ""
    needed = f", needed by {', '.join(external['needed_by'])}" if external["needed_by"] else ", needed by nobody"
    return printable(f"{external['external']}{owner} {external['health']}{detail}{needed}")


def _line(service: ServiceView) -> str:
    needs = ", ".join(_need(need) for need in service["needs"])
    bad = "; ".join(f"{', '.join(versions)} bad in {where}" for where, versions in service["bad"].items())
    needs = ", ".join(filter(None, (needs, *service.get("externals", ()))))
    tail = (f" needs {needs}" if needs else "") + (f" [{bad}]" if bad else "")
    return printable(f"{service['service']} ({service['team']}){tail}")


def _need(need: NeedView) -> str:
    when = f" (when {need['when']})" if need["when"] else ""
    return f"{need['provider']}{' ' + need['version'] if need['version'] else ''}{when}"


def dot_text(graph: GraphView) -> str:
    """Graphviz' language; an arrow goes from a consumer to what it needs."""
    lines = ["digraph services {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quoted(node['service'])} [tooltip={_quoted(node['team'])}];" for node in graph["services"]]
    for service in graph["services"]:
        for need in service["needs"]:
            label = f" [label={_quoted(need['version'])}]" if need["version"] else ""
            lines.append(f"  {_quoted(service['service'])} -> {_quoted(need['provider'])}{label};")
    for external in graph.get("externals", ()):
        name = _quoted(external["external"])
        lines.append(f"  {name} [shape=ellipse, tooltip={_quoted(external['health'])}];")
        lines += [f"  {_quoted(consumer)} -> {name};" for consumer in external["needed_by"]]
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return json.dumps(printable(text), ensure_ascii=False)


def mermaid_text(graph: GraphView) -> str:
    """Mermaid's flowchart."""
    number = {service["service"]: f"s{n}" for n, service in enumerate(graph["services"])}
    lines = ["flowchart LR"]
    lines += [f'  {number[name]}["{_entity(name)}"]' for name in number]
    for service in graph["services"]:
        for need in service["needs"]:
            label = f'|"{_entity(need["version"])}"|' if need["version"] else ""
            lines.append(f"  {number[service['service']]} -->{label} {number[need['provider']]}")
    for n, external in enumerate(graph.get("externals", ())):
        lines.append(f'  x{n}(["{_entity(external["external"])}"])')
        lines += [f"  {number[consumer]} --> x{n}" for consumer in external["needed_by"]]
    return "\n".join(lines)


def _entity(text: str) -> str:
    """Text inside mermaid's quotes; it knows only entities as an escape."""
    return "".join(c if c.isalnum() or c in " ._-+,=" else f"#{ord(c)};" for c in printable(text))
