// The page: a form made from the providers' declarations, lint as one types, and the check step by step.
// Everything that comes from the service is set as text, never as markup. The token lives in this closure alone.

const at = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

let token = "";
let types = [];
let submitted = null; // the document that was checked, when it is JSON
let lintTimer = 0;
let lintAsked = 0;

class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || `The service answered ${status}.`);
    this.status = status;
    this.errors = problem.errors || [];
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers }, cache: "no-store", credentials: "omit" });
  } catch {
    throw new Error("The service cannot be reached. Is it still running?");
  }
  if (!answer.ok) {
    let problem = {};
    try { problem = await answer.json(); } catch { /* not a problem document */ }
    throw new Refused(answer.status, problem);
  }
  return answer;
}

// ---- the token ------------------------------------------------------------------------------------------------------

function takeTokenFromAddress() {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return;
  token = decodeURIComponent(match[1]);
  history.replaceState(null, "", location.pathname); // out of the address bar, and out of the history
}

async function enter() {
  try {
    types = (await (await ask("/v1/types")).json()).types;
  } catch (error) {
    at("login").hidden = false;
    if (token) at("login-said").textContent = error.status === 401 ? "That is not the token of this service." : error.message;
    at("token").focus();
    return;
  }
  at("login").hidden = true;
  at("source").hidden = false;
  const chooser = at("type");
  chooser.replaceChildren(...types.map((each) => make("option", { value: each.type }, each.title)));
  showFields();
}

// ---- the form -------------------------------------------------------------------------------------------------------

function showFields() {
  const chosen = types.find((each) => each.type === at("type").value);
  at("fields").replaceChildren(...chosen.parameters.map(field));
  scheduleLint();
}

function field(parameter) {
  const id = `p-${parameter.name}`;
  const help = make("p", { class: "help", id: `${id}-help` }, parameter.help);
  if (parameter.kind === "boolean") {
    const box = make("input", { type: "checkbox", id, name: parameter.name, "aria-describedby": `${id}-help` });
    box.checked = parameter.default === true;
    return make("div", { class: "field check-field" }, make("label", { for: id }, box, parameter.name), help);
  }
  const label = make("label", { for: id }, parameter.name, parameter.required ? "" : make("span", { class: "optional" }, " optional"));
  const input = make("input", {
    id, name: parameter.name, type: parameter.kind === "secret" ? "password" : "text", autocomplete: "off", autocapitalize: "none",
    spellcheck: "false", placeholder: parameter.kind === "secret" ? undefined : parameter.example, "aria-describedby": `${id}-help`,
  });
  if (parameter.kind !== "secret") return make("div", { class: "field" }, label, input, help);
  const show = make("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `Show ${parameter.name}` }, "Show");
  show.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(hidden));
  });
  return make("div", { class: "field" }, label, make("div", { class: "with-button" }, input, show), help);
}

const pasting = () => document.querySelector("input[name=way]:checked").value === "paste";

/** The source as it would be submitted: its text, its media type, and the document itself where it is JSON. */
function source() {
  if (pasting()) {
    const text = at("text").value;
    if (/^\s*[[{]/.test(text)) {
      let document_ = null;
      try { document_ = JSON.parse(text); } catch { /* the service says what is wrong, and where */ }
      return { text, kind: "application/json", document: document_ };
    }
    return { text, kind: /^\s*(\[|[\w."-]+\s*=)/m.test(text) && !/^\s*[\w"-]+\s*:/m.test(text) ? "application/toml" : "application/yaml", document: null };
  }
  const chosen = types.find((each) => each.type === at("type").value);
  const parameters = {};
  for (const parameter of chosen.parameters) {
    const input = at(`p-${parameter.name}`);
    if (parameter.kind === "boolean") {
      if (input.checked !== (parameter.default === true)) parameters[parameter.name] = input.checked;
    } else if (input.value !== "" || parameter.required) {
      parameters[parameter.name] = input.value;
    }
  }
  let document_ = { type: chosen.type, parameters };
  const prefix = at("path_prefix").value;
  if (prefix) document_ = { delivery: { type: chosen.type, parameters: { ...parameters, path_prefix: prefix } } };
  return { text: JSON.stringify(document_), kind: "application/json", document: document_ };
}

// ---- lint as one types ----------------------------------------------------------------------------------------------

function scheduleLint() {
  clearTimeout(lintTimer);
  lintTimer = setTimeout(lint, 350);
}

function begun() {
  if (pasting()) return at("text").value.trim() !== "";
  return [...at("fields").querySelectorAll("input[type=text], input[type=password]")].some((input) => input.value !== "");
}

async function lint() {
  const place = at("lint");
  const number = ++lintAsked;
  if (!begun()) { place.replaceChildren(); return; }
  const { text, kind } = source();
  let shown;
  try {
    const report = await (await ask("/v1/lint", { method: "POST", body: text, headers: { "content-type": kind } })).json();
    const filled = (finding) => pasting() || !["missing-parameter", "placeholder-value"].includes(finding.name);
    const findings = report.destinations.flatMap((each) => each.findings).filter(filled);
    shown = findings.map((finding) => showFinding(finding));
    if (!pasting()) markFields(findings);
  } catch (error) {
    shown = [trouble(error)];
  }
  if (number === lintAsked) place.replaceChildren(...shown); // a later question's answer may have come first
}

function markFields(findings) {
  for (const input of at("fields").querySelectorAll("input")) {
    const wrong = findings.some((each) => each.severity === "error" && each.pointer === `/parameters/${input.name}`);
    if (wrong) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  }
}

function trouble(error) {
  const lines = (error.errors || []).map((line) => make("p", {}, line));
  return make("div", { class: "finding error" }, make("div", { class: "head" }, make("span", { class: "badge" }, "cannot be read")), ...(lines.length ? lines : [make("p", {}, error.message)]));
}

// ---- the check ------------------------------------------------------------------------------------------------------

async function check() {
  const { text, kind, document: document_ } = source();
  submitted = document_;
  const place = at("result");
  at("verdict").textContent = "Checking ...";
  at("verdict").className = "";
  at("corrected").hidden = true;
  at("go").disabled = true;
  at("busy").textContent = "Checking";
  place.hidden = false;
  const lists = new Map();
  at("reports").replaceChildren();
  try {
    const answer = await ask("/v1/checks", { method: "POST", body: text, headers: { "content-type": kind, accept: "text/event-stream" } });
    for await (const [name, data] of events(answer.body)) {
      if (name === "step") {
        if (!lists.has(data.destination)) {
          lists.set(data.destination, make("ol", { class: "steps", "aria-live": "polite" }));
          at("reports").append(make("div", { class: "report" }, lists.get(data.destination)));
        }
        lists.get(data.destination).append(showStep(data));
      } else if (name === "report") {
        showReport(data);
      }
    }
    if (at("verdict").textContent === "Checking ...") throw new Error("The service ended the answer before it was whole. What it had begun, it cleans up.");
  } catch (error) {
    at("verdict").textContent = "Not checked";
    at("verdict").className = "inconclusive";
    at("reports").replaceChildren(trouble(error));
  } finally {
    at("go").disabled = false;
    at("busy").textContent = "";
    place.focus();
  }
}

async function* events(body) {
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

const VERDICTS = { pass: "Planet could deliver here", warn: "Planet could deliver here, with warnings", fail: "Planet could not deliver here", inconclusive: "It could not be told" };

function showReport(report) {
  const verdict = at("verdict");
  verdict.textContent = VERDICTS[report.verdict];
  verdict.className = report.verdict;
  at("reports").replaceChildren(...report.destinations.map(showDestination));
  offerCorrection(report);
}

function showDestination(each) {
  const head = make("div", { class: "report-head" }, make("span", { class: `badge ${each.verdict}` }, each.verdict), make("h3", {}, each.name), make("span", { class: "mono" }, each.target || each.type));
  const steps = make("ol", { class: "steps" }, ...each.steps.map(showStep));
  const residue = each.residue.map((rest) => make("div", { class: "finding warning" },
    make("div", { class: "head" }, make("span", { class: "badge" }, rest.state), make("strong", {}, rest.key)),
    rest.remove_command ? block(rest.remove_command, "the command that removes it") : null));
  const limits = make("ul", { class: "limits", "aria-label": "What this check cannot know" }, ...each.limits.map((limit) => make("li", {}, limit)));
  return make("div", { class: "report" }, head, each.steps.length ? steps : null, ...each.findings.map(showFinding), ...residue, each.steps.length ? limits : null);
}

function showStep(step) {
  const said = [step.permission, step.mode === "rehearsed" ? "rehearsed" : "", [step.provider?.http_status, step.provider?.code].filter(Boolean).join(" "), step.note || ""].filter(Boolean).join(" · ");
  return make("li", {},
    make("span", {}, step.operation),
    make("span", { class: `outcome ${step.outcome}` }, step.outcome),
    make("span", { class: "more" }, said),
    make("span", { class: "time" }, step.outcome === "skipped" ? "" : `${Math.round(step.duration_ms)} ms`));
}

function showFinding(finding) {
  const card = make("article", { class: `finding ${finding.severity}` },
    make("div", { class: "head" },
      make("span", { class: "badge" }, finding.severity === "unknown" ? "could not tell" : finding.severity),
      make("strong", {}, finding.title),
      make("span", { class: "name mono" }, finding.name)),
    make("p", {}, finding.detail, finding.confidence === "confirmed" ? "" : ` (${finding.confidence})`));
  const fix = finding.fix;
  if (fix?.summary) card.append(make("p", {}, make("strong", {}, "Fix: "), fix.summary));
  for (const command of fix?.commands || []) card.append(block(command, "command"));
  if (fix?.grant) card.append(make("details", {}, make("summary", {}, "The least grant that would do"), block(fix.grant, "grant")));
  const evidence = Object.entries(finding.evidence || {});
  if (evidence.length) {
    card.append(make("details", {}, make("summary", {}, "Evidence"),
      make("dl", { class: "evidence" }, ...evidence.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { class: "mono" }, String(value))]))));
  }
  return card;
}

function block(text, what) {
  const button = make("button", { type: "button", class: "small", "aria-label": `Copy the ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it";
      getSelection().selectAllChildren(button.previousSibling);
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return make("div", { class: "block" }, make("pre", { tabindex: "0" }, text), button);
}

// ---- the corrected source -------------------------------------------------------------------------------------------

let correctedText = "";

function offerCorrection(report) {
  const place = at("corrected");
  let changes = 0;
  let secret = false;
  const copy = submitted === null ? null : structuredClone(submitted);
  for (const each of report.destinations) {
    for (const { fix } of each.findings) {
      if (!fix?.automatic) continue;
      if (!fix.patch?.length) secret = true;
      for (const operation of fix.patch || []) {
        if (copy !== null && apply(copy, each.pointer + operation.path, operation)) changes += 1;
      }
    }
  }
  place.hidden = !(changes || secret);
  at("download").hidden = !changes;
  correctedText = changes ? JSON.stringify(copy, null, 2) + "\n" : "";
  at("corrected-said").textContent = secret
    ? "A secret can be mended as well; it is not sent back: planet-validator check --fix does it where the file is."
    : changes ? `${changes} change${changes === 1 ? "" : "s"}. The file holds the secrets that you entered.` : "";
}

/** One operation of an RFC 6902 patch; false if its place is not there. */
function apply(document_, path, operation) {
  const steps = path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = steps.pop();
  let place = document_;
  for (const step of steps) {
    if (place === null || typeof place !== "object" || !Object.hasOwn(place, step)) return false;
    place = place[step];
  }
  if (place === null || typeof place !== "object" || last === undefined || last === "__proto__") return false;
  if (operation.op === "remove") delete place[last]; else place[last] = operation.value;
  return true;
}

function download() {
  const link = make("a", { href: URL.createObjectURL(new Blob([correctedText], { type: "application/json" })), download: "destination.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- start ----------------------------------------------------------------------------------------------------------

at("login").addEventListener("submit", (event) => { event.preventDefault(); token = at("token").value.trim(); at("token").value = ""; enter(); });
at("source").addEventListener("submit", (event) => { event.preventDefault(); check(); });
at("source").addEventListener("input", scheduleLint);
at("type").addEventListener("change", showFields);
at("download").addEventListener("click", download);
for (const way of document.querySelectorAll("input[name=way]")) {
  way.addEventListener("change", () => { at("by-form").hidden = pasting(); at("by-paste").hidden = !pasting(); scheduleLint(); });
}
takeTokenFromAddress();
enter();
