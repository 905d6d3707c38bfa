"""A trace as one self-contained HTML page: the flow diagram, where the money ended, the rows behind every ribbon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment

from features.trace.result import Trace

_TEMPLATE = Path(__file__).with_name("page.html.j2")

COLOURS = {
    "account": "#3b6ea5",
    "developer": "#b5533c",
    "dealer": "#c98b2b",
    "insurer": "#7a5ea8",
    "broker": "#4f8a5b",
    "cash": "#6b6b6b",
    "wallet": "#2f9e9e",
    "company": "#8c6d4f",
    "person": "#a05a7c",
    "no_statement": "#9a9a9a",
    "left": "#c9c9c9",
    "returned": "#3b6ea5",
    "cut": "#dddddd",
    "other": "#b0b0b0",
}
"""Colour of a node by its kind; the label says the kind too, so that nothing rests on colour alone."""


def render_page(trace: Trace) -> str:
    """The page: no address outside itself, readable without its script (the diagram alone needs it)."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in trace.rows.to_dict("records"):
        rows.setdefault(int(row["ribbon"]), []).append({str(name): value for name, value in row.items()})
    return template.render(
        trace=trace,
        ends=trace.ends.to_dict("records"),
        ribbons=[
            {**{str(name): value for name, value in ribbon.items()}, "rows": rows.get(int(ribbon["ribbon"]), [])}
            for ribbon in trace.ribbons.to_dict("records")
        ],
        script=_script(),
        figure=_figure(trace),
    )


def _script() -> str:
    # plotly is heavy; the command prints tables and JSON without it.
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _figure(trace: Trace) -> str:
    """The diagram as JSON that may stand inside a script element."""
    import plotly.graph_objects as go  # heavy, as above

    place = {key: number for number, key in enumerate(trace.nodes["node"])}
    ribbons = trace.ribbons
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": list(trace.nodes["label"]),
                "color": [COLOURS.get(kind, COLOURS["other"]) for kind in trace.nodes["kind"]],
                "pad": 18,
                "thickness": 16,
                "hovertemplate": f"%{{label}}：%{{value:,.2f}} {trace.unit}<extra></extra>",
            },
            link={
                "source": [place[key] for key in ribbons["source"]],
                "target": [place[key] for key in ribbons["target"]],
                "value": list(ribbons["amount"] / 100),
                "customdata": list(ribbons["ribbon"]),
                "hovertemplate": f"%{{source.label}} → %{{target.label}}：%{{value:,.2f}} {trace.unit}<extra></extra>",
            },
        )
    )
    figure.update_layout(
        font={"family": "Noto Sans CJK SC, Microsoft YaHei, SimSun, sans-serif", "size": 13},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        height=max(360, 34 * len(trace.nodes)),
    )
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
