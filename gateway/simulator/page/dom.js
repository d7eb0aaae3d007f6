// Builds elements. Text only ever becomes text nodes: nothing that people wrote is read as HTML.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

const PATHS = {
  send: "M2.5 21 22 12 2.5 3v7l13.5 2-13.5 2z",
  back: "m14 6-6 6 6 6",
  list: "M4 7h16M4 12h16M4 17h10",
  reply: "M10 8V4L3 11l7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z",
  call: "M6.6 10.8c1.4 2.8 3.8 5.1 6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20c0 .6-.4 1-1 1C10.6 21 3 13.4 3 4c0-.6.4-1 1-1h3.5c.6 0 1 .4 1 1 0 1.2.2 2.4.6 3.6.1.3 0 .7-.2 1z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  up: "m6 15 6-6 6 6",
  down: "m6 9 6 6 6-6",
  close: "m6 6 12 12M18 6 6 18",
};

export function icon(name, { filled = false, size = 20 } = {}) {
  const style = filled
    ? { fill: "currentColor" }
    : { fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return svg("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", ...style },
    svg("path", { d: PATHS[name] }));
}

export function clock(at) {
  const date = at ? new Date(at) : new Date();
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

// Puts the newest at the bottom in view, unless the reader has scrolled away.
export function follow(scroller, change) {
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  change();
  if (near) scroller.scrollTop = scroller.scrollHeight;
}
