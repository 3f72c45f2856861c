// Documents and letters open without any power: no scripts, no forms, no network.
import { $ } from "./dom.js";

export function open(name, address, kind) {
  if (!/^text\/|^image\/(png|jpeg)|json/.test(kind || "")) { window.open(address, "_blank", "noopener"); return; }
  $("reader-name").textContent = name;
  $("reader-tab").href = address;
  $("reader-frame").src = address;
  $("reader").showModal();
}

const close = () => { $("reader").close(); $("reader-frame").removeAttribute("src"); };
$("reader-close").addEventListener("click", close);
$("reader").addEventListener("click", (event) => { if (event.target === $("reader")) close(); });
