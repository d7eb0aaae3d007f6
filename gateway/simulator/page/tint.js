// Colours JSON and form bodies by cutting the text into spans; the text itself is never changed.

import { el } from "./dom.js";

const JSON_PARTS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null|-?\d+(?:\.\d+)?)\b/g;

export function tinted(text) {
  if (/^\s*[{[]/.test(text)) return json(text);
  if (/^\w+ *= /.test(text)) return text.split("\n").flatMap(field);
  return [text];
}

function json(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(JSON_PARTS)) {
    parts.push(text.slice(end, match.index));
    const [whole, string, colon] = match;
    if (string && colon) parts.push(el("span", { class: "name" }, string), colon);
    else parts.push(el("span", { class: string ? "string" : "number" }, whole));
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)];
}

function field(line) {
  const cut = line.indexOf(" = ");
  if (cut < 0) return [`${line}\n`];
  return [el("span", { class: "name" }, line.slice(0, cut)), " = ", el("span", { class: "string" }, line.slice(cut + 3)), "\n"];
}
