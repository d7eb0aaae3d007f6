"""A dialog's table as a picture: Mermaid for documents and `maita draw`, nodes and edges for the
simulator, which lights the present state. Both come from the table the engine runs.
"""

from dataclasses import dataclass
from typing import Final

from dialogs.dialog import Dialog, State

LIT: Final = "fill:#ffd54f,stroke:#e65100,stroke-width:3px,color:#000"
KINDS: Final = {
    "secret": "fill:#eceff1,stroke:#37474f,stroke-dasharray:4",
    "guards": "fill:#ffebee,stroke:#b71c1c",
    "free": "fill:#e3f2fd,stroke:#0d47a1",
    "result": "fill:#e8f5e9,stroke:#1b5e20",
}
"""How a state of each kind is drawn; a state has the first kind that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state. `kind`: secret, guards, free, result, or menu for the rest."""

    name: str
    kind: str
    start: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A transition, named by its trigger."""

    source: str
    dest: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A dialog as its picture needs it."""

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(dialog: Dialog) -> Graph:
    """The table as nodes and edges."""
    return Graph(
        name=dialog.name,
        title=dialog.title,
        nodes=tuple(
            Node(name=state.name, kind=_kind(state), start=state.name == dialog.start)
            for state in dialog.states.values()
        ),
        edges=tuple(
            Edge(source=source, dest=dest, trigger=trigger)
            for trigger, source, dest in dialog.transitions
        ),
    )


def mermaid(dialog: Dialog, current: str | None = None) -> str:
    """The table as a Mermaid state diagram; `current` is lit."""
    drawn = graph(dialog)
    lines = ["stateDiagram-v2", f"    [*] --> {dialog.start}"]
    lines += [f"    {edge.source} --> {edge.dest} : {edge.trigger}" for edge in drawn.edges]
    for kind, style in KINDS.items():
        of_kind = [node.name for node in drawn.nodes if node.kind == kind and node.name != current]
        if of_kind:
            lines += [f"    classDef {kind} {style}", f"    class {','.join(of_kind)} {kind}"]
    if current in dialog.states:
        lines += [f"    classDef current {LIT}", f"    class {current} current"]
    return "\n".join(lines) + "\n"


def unreachable(dialog: Dialog) -> frozenset[str]:
    """States that no chain of transitions leads to; a test keeps this empty."""
    found, ahead = set[str](), [dialog.start]
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead += [dest for _, source, dest in dialog.transitions if source == state]
    return frozenset(dialog.states) - found


def _kind(state: State) -> str:
    return next((kind for kind in KINDS if getattr(state, kind)), "menu")
