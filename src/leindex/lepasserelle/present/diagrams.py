"""The graph of a function as a drawing: Mermaid for documents and chats, DOT for Graphviz."""

from __future__ import annotations

from leindex.leparse.flow import Block
from leindex.lepasserelle.values import ControlFlow

WIDEST = 60
"""Characters of a statement that are drawn."""
PLAIN = "next"


def label(flow: ControlFlow, block: Block) -> list[str]:
    """What is written in the box of a block: a line for each statement."""
    if not block.statements:
        return [block.kind if block.kind != "body" else "·"]
    return [f"{each.start_line}: {short(flow.texts[each])}" for each in block.statements]


def short(text: str) -> str:
    """A statement in one line, cut where it is too long."""
    one = " ".join(text.split())
    return one if len(one) <= WIDEST else one[: WIDEST - 1] + "…"


def mermaid(flow: ControlFlow) -> str:
    """Return the graph as a Mermaid flowchart."""
    escape = str.maketrans({'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "`": "#96;"})
    lines = ["flowchart TD"]
    for block in flow.graph.blocks:
        text = "<br>".join(line.translate(escape) for line in label(flow, block))
        opening, closing = ("[", "]") if block.kind == "body" else ("([", "])")
        lines.append(f'    b{block.id}{opening}"{text}"{closing}')
    for edge in flow.graph.edges:
        word = "" if edge.kind == PLAIN else f"|{edge.kind}|"
        lines.append(f"    b{edge.source} -->{word} b{edge.target}")
    return "\n".join(lines) + "\n"


def dot(flow: ControlFlow) -> str:
    """Return the graph for Graphviz."""
    escape = str.maketrans({'"': '\\"', "\\": "\\\\"})
    lines = [f'digraph "{flow.name.translate(escape)}" {{', "    node [shape=box, fontname=monospace];"]
    for block in flow.graph.blocks:
        text = "".join(line.translate(escape) + "\\l" for line in label(flow, block))
        shape = "" if block.kind == "body" else ", shape=oval"
        lines.append(f'    b{block.id} [label="{text}"{shape}];')
    for edge in flow.graph.edges:
        word = "" if edge.kind == PLAIN else f' [label="{edge.kind}"]'
        lines.append(f"    b{edge.source} -> b{edge.target}{word};")
    return "\n".join([*lines, "}"]) + "\n"
