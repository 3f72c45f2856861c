// Small helpers around the page's own elements and the control API.
export const $ = (id) => document.getElementById(id);

export function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "click") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export async function get(path) {
  const response = await fetch(`/sandbox/${path}`);
  if (!response.ok) throw new Error((await response.json()).error);
  return response.json();
}

export async function post(path, said) {
  const response = await fetch(`/sandbox/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// runs a reading at most once at a time, and once more when it was asked for meanwhile
export function latest(read) {
  let running = null, again = false;
  return async function run() {
    if (running) { again = true; return running; }
    running = (async () => { do { again = false; await read(); } while (again); })();
    try { await running; } finally { running = null; }
  };
}
