// What was written: tables with their newest rows, the fresh ones lit up.
import { $, get, make } from "./dom.js";
import { caption, number, word } from "./words.js";

let shown = null;
const rows_seen = new Map(), touched = new Map(), folded = new Set();
const FEW = 4; // rows of a table nothing happened to while this page was open
const LIT = 9000; // milliseconds a fresh row stays lit
const FIRST = ["consent_records", "consents", "suppressions", "ledger"]; // of what one act wrote, what tells most
const LAST = new Set(["attempts", "documents", "facts", "leases", "outbox", "seen"]); // how it works, not what was done

export async function read() {
  const fresh = await get("store");
  const first = shown === null || shown.state !== "open", moment = performance.now();
  for (const table of fresh.tables) note(table, first, moment);
  shown = fresh;
  draw();
}

export function redraw() {
  draw();
}

const age = (moment) => (moment ? performance.now() - moment : Infinity);

const key = (table, row) => JSON.stringify(table.keys.length ? table.keys.map((place) => row[place]) : row);

function note(table, first, moment) {
  const before = rows_seen.get(table.name) || new Map();
  const now = new Map();
  for (const row of table.rows) {
    const name = key(table, row), old = before.get(name);
    const cells = row.map((cell) => JSON.stringify(cell));
    const seen = { cells, born: old ? old.born : first ? 0 : moment, changed: old?.changed || [], changedAt: old?.changedAt || 0 };
    if (old && cells.some((cell, place) => cell !== old.cells[place])) {
      seen.changed = cells.flatMap((cell, place) => (cell !== old.cells[place] ? [place] : []));
      seen.changedAt = moment;
    }
    if (seen.born === moment || seen.changedAt === moment) touched.set(table.name, moment);
    now.set(name, seen);
  }
  if (!first && before.size !== now.size) touched.set(table.name, moment);
  rows_seen.set(table.name, now);
}

const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

function glow(node, moment) {
  // a redrawn row goes on fading where it was
  if (age(moment) < LIT) node.style.animationDelay = `-${Math.round(age(moment))}ms`;
  return node;
}

function draw() {
  const box = $("tables");
  $("live").hidden = shown?.state !== "open";
  if (!shown || shown.state !== "open") {
    const name = { none: "storeNone", waiting: "storeWaiting", trouble: "storeTrouble" }[shown?.state] || "storeWaiting";
    box.replaceChildren(make("div", { class: "nothing" }, make("span", { class: "nothing-icon", "aria-hidden": "true" }, "▤"), make("p", {}, word(name))));
    return;
  }
  const full = shown.tables.filter((one) => one.count).sort((a, b) => LAST.has(a.name) - LAST.has(b.name)
    || (touched.get(b.name) || 0) - (touched.get(a.name) || 0) || rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
  const empty = shown.tables.filter((one) => !one.count);
  const scrolled = new Map([...box.querySelectorAll("[data-table] .scroll")].map((node) => [node.closest("[data-table]").dataset.table, node.scrollLeft]));
  box.replaceChildren(
    ...(full.length ? full.map(card) : [make("p", { class: "note" }, word("storeEmpty"))]),
    empty.length ? make("div", { class: "empty-tables" }, make("span", {}, word("empty")), ...empty.map((one) =>
      make("span", { class: "chip", "data-testid": "store-table", "data-table": one.name, "data-count": "0", title: caption(one.name) }, one.name))) : "");
  for (const [name, left] of scrolled) {
    const node = box.querySelector(`[data-table="${CSS.escape(name)}"] .scroll`);
    if (node) node.scrollLeft = left;
  }
}

function card(table) {
  const lit = age(touched.get(table.name)) < LIT;
  const open = !folded.has(table.name);
  const rows = touched.has(table.name) ? table.rows : table.rows.slice(0, FEW);
  const details = make("details", { class: `table${lit ? " lit" : ""}`, "data-testid": "store-table", "data-table": table.name, "data-count": table.count, open });
  details.append(
    make("summary", {}, make("code", {}, table.name), make("span", { class: "table-caption" }, caption(table.name)),
      make("span", { class: "count" }, number(table.count)), make("span", { class: "hidden-words" }, word("rows", table.count))),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": table.name },
      make("table", {}, make("thead", {}, make("tr", {}, ...table.columns.map((name) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, ...rows.map((row) => line(table, row))))),
    table.count > rows.length ? make("p", { class: "note" }, word("newest", rows.length)) : "");
  details.addEventListener("toggle", () => { details.open ? folded.delete(table.name) : folded.add(table.name); });
  return details;
}

function line(table, row) {
  const seen = rows_seen.get(table.name).get(key(table, row));
  const fresh = age(seen.born) < LIT, changed = !fresh && age(seen.changedAt) < LIT;
  const cells = row.map((value, place) => {
    const lit = changed && seen.changed.includes(place);
    return glow(make("td", { class: lit ? "changed" : "" }, cell(value)), lit ? seen.changedAt : 0);
  });
  const given = { class: fresh ? "fresh" : "", "data-testid": "store-row", "data-fresh": fresh ? "yes" : null };
  return glow(make("tr", given, ...cells), fresh ? seen.born : 0);
}

function cell(value) {
  if (value === null || value === "") return make("span", { class: "null" }, value === null ? "∅" : "—");
  if (typeof value === "object" && "sealed" in value) return make("span", { class: "sealed", "data-testid": "sealed" },
    lock(), word("sealed", value.sealed));
  if (typeof value === "object" && "hash" in value) return make("span", { class: "hash", title: word("hash") }, `# ${value.hash}`);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (/^-?\d{14,}$/.test(value)) return make("span", { class: "long", title: value }, `…${String(value).slice(-6)}`);
  return String(value);
}

function lock() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M4.5 7V5a3.5 3.5 0 0 1 7 0v2h.5A1.5 1.5 0 0 1 13.5 8.5v4A1.5 1.5 0 0 1 12 14H4a1.5 1.5 0 0 1-1.5-1.5v-4A1.5 1.5 0 0 1 4 7zM6 7h4V5a2 2 0 0 0-4 0z");
  svg.append(path);
  return svg;
}
