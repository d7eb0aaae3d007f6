// Draws a dialog's table of transitions (layout by dagre), the current state lit, the last one dim.

import { Graph, layout } from "./dagre.js";
import { el, svg } from "./dom.js";

const WIDTH = 372;
const HEIGHT = 250;
const SCALE_MAX = 1.15;
const LABELS_MAX = 9;

let diagrams = 0;

export class Diagram {
  constructor() {
    this.node = el("div", { class: "diagram", role: "img", "aria-label": "Diagram of the dialog" });
    this.was = null;
    this.tips = `tip-${(diagrams += 1)}`;
  }

  clear() {
    this.node.replaceChildren();
    this.was = null;
  }

  show(graph, state) {
    if (!graph) return this.clear();
    const came = this.was?.graph === graph && this.was.state !== state ? this.was.state : null;
    this.was = { graph, state };
    const drawn = ["LR", "TB"].map((direction) => arranged(graph, direction)).sort((a, b) => b.scale - a.scale)[0];
    this.node.setAttribute("aria-label", `Dialog ${graph.name}, now in state ${state}`);
    this.node.replaceChildren(picture(drawn, graph, { state, came, tips: this.tips }));
  }
}

function arranged(graph, direction) {
  const drawing = new Graph({ multigraph: true });
  drawing.setGraph({ rankdir: direction, nodesep: 22, ranksep: direction === "LR" ? 44 : 34, edgesep: 14, marginx: 10, marginy: 10 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const { name } of graph.states) drawing.setNode(name, { width: Math.max(56, name.length * 7.4 + 26), height: 30 });
  for (const { source, dest, label } of edges(graph)) {
    drawing.setEdge(source, dest, { label, width: label.length * 5.6 + 6, height: 12, labelpos: "c" });
  }
  layout(drawing);
  const { width, height } = drawing.graph();
  return { drawing, width, height, scale: Math.min(SCALE_MAX, WIDTH / width, HEIGHT / height) };
}

// Transitions between the same two states become one arrow.
function edges(graph) {
  const merged = new Map();
  for (const { trigger, source, dest } of graph.transitions) {
    const key = `${source} ${dest}`;
    const edge = merged.get(key) ?? { source, dest, triggers: [] };
    edge.triggers.push(trigger);
    merged.set(key, edge);
  }
  return [...merged.values()].map((edge) => ({ ...edge, label: edge.triggers.join(", ") }));
}

function picture({ drawing, width, height, scale }, graph, { state, came, tips }) {
  const many = drawing.edges().length > LABELS_MAX;
  const lines = drawing.edges().map((edge) => {
    const live = edge.v === state;
    const taken = came !== null && edge.v === came && edge.w === state;
    const shape = drawing.edge(edge);
    const labelled = !many || live || taken;
    const d = edge.v === edge.w ? loop(drawing.node(edge.v), shape) : curve(shape.points);
    const look = taken ? "taken" : live ? "live" : "calm";
    return svg("g", { class: `edge ${look}` },
      svg("path", { d, "marker-end": `url(#${tips}-${look})` }),
      labelled && svg("text", { x: shape.x, y: shape.y + 3.5 }, shape.label));
  });
  const boxes = graph.states.map((row) => box(drawing.node(row.name), row, { now: row.name === state, came: row.name === came }));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width: width * scale, height: height * scale },
    svg("defs", {}, ["calm", "live", "taken"].map((look) => tip(`${tips}-${look}`, look))), ...lines, ...boxes);
}

function box({ x, y, width, height }, row, { now, came }) {
  const kind = [now && "now", came && "came", row.secret && "secret", row.guards && "guards"].filter(Boolean).join(" ");
  const note = row.secret ? "its answer is secret" : row.guards ? "its answer can move points" : "";
  return svg("g", { class: `state ${kind}`, transform: `translate(${x - width / 2} ${y - height / 2})` },
    note && svg("title", {}, note),
    now && svg("rect", { class: "halo", x: -4, y: -4, width: width + 8, height: height + 8, rx: 13 }),
    svg("rect", { width, height, rx: 9 }),
    svg("text", { x: width / 2, y: height / 2 + 4 }, row.name),
    (row.secret || row.guards) && svg("circle", { class: "badge", cx: width - 3, cy: 3, r: 4 }));
}

function tip(id, look) {
  return svg("marker", { id, class: look, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
    svg("path", { d: "M0 0 8 4 0 8z" }));
}

// A state that comes back to itself: out at one corner of the side its label is on, in at the other.
function loop({ x, y, width, height }, label) {
  const below = label.y - y > label.x - x;
  const [a, b, out] = below
    ? [`${x - 14} ${y + height / 2}`, `${x + 14} ${y + height / 2}`, (side) => `${x + 22 * side} ${label.y + 5}`]
    : [`${x + width / 2} ${y - 8}`, `${x + width / 2} ${y + 8}`, (side) => `${label.x} ${y + 18 * side}`];
  return `M${a}C${out(-1)} ${out(1)} ${b}`;
}

// A smooth line through dagre's points: each inner point bends a quadratic curve.
function curve(points) {
  const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const half = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const inner = points.slice(1, -1);
  const bends = inner.map((point, place) =>
    `Q${at(point)} ${at(place + 1 < inner.length ? half(point, inner[place + 1]) : points.at(-1))}`);
  return `M${at(points[0])}${bends.join("") || `L${at(points.at(-1))}`}`;
}
