// A text with its entities as nodes; offsets are UTF-16 units, as JavaScript counts too.
import { make } from "./dom.js";

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

export function formatted(text, entities, say) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return make("div", { class: "text" }, ...pieces(text, sorted, 0, text.length, say));
}

function pieces(text, entities, from, to, say) {
  const nodes = [];
  let at = from;
  for (let i = 0; i < entities.length; i++) {
    const one = entities[i];
    const end = Math.min(one.offset + one.length, to);
    if (one.offset < at || end <= one.offset) continue;
    if (one.offset > at) nodes.push(text.slice(at, one.offset));
    const inside = entities.slice(i + 1).filter((other) => other.offset < end);
    nodes.push(dress(one, text.slice(one.offset, end), pieces(text, inside, one.offset, end, say), say));
    at = end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function dress(entity, plain, children, say) {
  const link = (href) => make("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
  if (entity.type === "bot_command") return make("button", { type: "button", class: "word-command", click: () => say(plain) }, ...children);
  if (entity.type === "url" || entity.type === "text_link") {
    const href = entity.url || plain;
    return /^https?:\/\//i.test(href) ? link(href) : make("span", {}, ...children);
  }
  if (entity.type === "email") return make("span", { class: "address" }, ...children);
  if (entity.type === "spoiler") return make("span", { class: "spoiler", tabindex: "0" }, ...children);
  return make(TAGS[entity.type] || "span", {}, ...children);
}
