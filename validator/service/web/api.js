// The service: its token, which lives in this module alone, its answers, and its events.

let token = "";
let onRefused = () => {};

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || `The service answered ${status}.`);
    this.status = status;
    this.errors = problem.errors || [];
  }
}

export const hasToken = () => token !== "";
export const useToken = (text) => { token = text; };
export const whenRefused = (then) => { onRefused = then; };

export function takeTokenFromAddress() {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return;
  try { token = decodeURIComponent(match[1]); } catch { token = match[1]; }
  history.replaceState(null, "", location.pathname); // out of the address bar, and out of the history
}

export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers }, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is it still running?");
  }
  if (answer.status === 401) onRefused();
  if (!answer.ok) {
    let problem = {};
    try { problem = await answer.json(); } catch { /* not a problem document */ }
    throw new Refused(answer.status, problem);
  }
  return answer;
}

export async function post(path, document_, options = {}) {
  const answer = await ask(path, { method: "POST", body: JSON.stringify(document_), headers: { "content-type": "application/json" }, ...options });
  return answer.json();
}

export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    let end;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      const lines = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield [name, JSON.parse(data)];
    }
  }
}
