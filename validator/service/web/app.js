// The page: a form made from the providers' declarations, lint as one types, and the check step by step.
// Everything that comes from the service is set as text, never as markup. The token lives in this closure alone.

import { apply, read } from "/source.js";

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
let lintUnderWay = new AbortController();

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
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service cannot be reached. Is it still running?");
  }
  if (answer.status === 401) showLogin("That is not the token of this service.");
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
  try { token = decodeURIComponent(match[1]); } catch { token = match[1]; }
  history.replaceState(null, "", location.pathname); // out of the address bar, and out of the history
}

function showLogin(said) {
  at("login").hidden = false;
  at("source").hidden = at("diagnose").hidden = true;
  if (token) at("login-said").textContent = said;
  at("token").focus();
}

async function enter() {
  try {
    types = (await (await ask("/v1/types")).json()).types;
  } catch (error) {
    if (error.status !== 401) showLogin(error.message);
    return;
  }
  at("login").hidden = true;
  at("login-said").textContent = "";
  at("source").hidden = at("diagnose").hidden = false;
  if (at("type").options.length) return; // the token was asked for once more: what was filled in stays
  at("type").replaceChildren(...types.map((each) => make("option", { value: each.type }, each.title)));
  at("error-type").append(...types.map((each) => make("option", { value: each.type }, each.title)));
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
  const wrong = make("p", { class: "wrong", id: `${id}-wrong` });
  const about = `${id}-wrong ${id}-help`;
  if (parameter.kind === "boolean") {
    const box = make("input", { type: "checkbox", id, name: parameter.name, "aria-describedby": about });
    box.checked = parameter.default === true;
    return make("div", { class: "field check-field" }, make("label", { for: id }, box, parameter.name), wrong, help);
  }
  const label = make("label", { for: id }, parameter.name, parameter.required ? "" : make("span", { class: "optional" }, " optional"));
  const input = make("input", {
    id, name: parameter.name, type: parameter.kind === "secret" ? "password" : "text", autocomplete: "off", autocapitalize: "none",
    spellcheck: "false", placeholder: parameter.kind === "secret" ? undefined : parameter.example, "aria-describedby": about,
    required: parameter.required,
  });
  if (parameter.kind !== "secret") return make("div", { class: "field" }, label, input, wrong, help);
  const show = make("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `Show ${parameter.name}` }, "Show");
  show.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(hidden));
  });
  return make("div", { class: "field" }, label, make("div", { class: "with-button" }, input, show), wrong, help);
}

const pasting = () => document.querySelector("input[name=way]:checked").value === "paste";

/** The source as it would be submitted: its text, its media type, and the document itself where it is JSON. */
function source() {
  if (pasting()) {
    return read(at("text").value);
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
  const name = at("name").value;
  const prefix = at("path_prefix").value;
  const document_ = {
    ...(name ? { name } : {}),
    ...(prefix
      ? { delivery: { type: chosen.type, parameters: { ...parameters, path_prefix: prefix } } }
      : { type: chosen.type, parameters }),
  };
  return { text: JSON.stringify(document_), kind: "application/json", document: document_ };
}

// ---- lint as one types ----------------------------------------------------------------------------------------------

function scheduleLint(_event, wait = 350) {
  clearTimeout(lintTimer);
  lintTimer = setTimeout(lint, wait);
}

function begun() {
  if (pasting()) return at("text").value.trim() !== "";
  return [...at("fields").querySelectorAll("input[type=text], input[type=password]")].some((input) => input.value !== "");
}

async function lint() {
  lintUnderWay.abort(); // its answer is of no more use
  lintUnderWay = new AbortController();
  const asked = lintUnderWay;
  const place = at("lint");
  let findings = [];
  let shown = [];
  if (begun()) {
    const { text, kind } = source();
    try {
      const report = await (await ask("/v1/lint", { method: "POST", body: text, headers: { "content-type": kind }, signal: asked.signal })).json();
      findings = report.destinations.flatMap((each) => each.findings);
    } catch (error) {
      if (asked.signal.aborted) return;
      if (error.status === 429) { scheduleLint(null, 3000); return; }
      shown = [trouble(error)];
    }
  }
  if (asked !== lintUnderWay) return;
  if (!pasting()) findings = markFields(findings);
  place.replaceChildren(...shown, ...findings.map(showFinding));
}

/** Puts what is wrong with a field beside it; returns the findings that belong to no field. Empty fields are not scolded. */
function markFields(findings) {
  const rest = new Set(findings.filter((each) => each.name !== "missing-parameter"));
  for (const input of at("fields").querySelectorAll("input")) {
    const here = findings.filter((each) => each.pointer === `/parameters/${input.name}`);
    for (const each of here) rest.delete(each);
    const told = input.type !== "checkbox" && input.value === "" ? [] : here;
    if (told.some((each) => each.severity === "error")) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    const line = at(`${input.id}-wrong`);
    line.className = `wrong ${told[0]?.severity ?? ""}`;
    line.textContent = told.map((each) => `${each.severity === "error" ? "" : `${badge(each.severity)}: `}${each.detail} ${each.fix?.summary ?? ""}`).join(" ");
  }
  return [...rest];
}

const badge = (severity) => (severity === "unknown" ? "could not tell" : severity);
const sentence = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

function trouble(error) {
  const lines = (error.errors || []).map((line) => make("p", {}, line));
  return make("div", { class: "finding error" }, make("div", { class: "head" }, make("span", { class: "badge" }, lines.length ? "cannot be read" : "not possible")), ...(lines.length ? lines : [make("p", {}, error.message)]));
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
          lists.set(data.destination, make("ol", { class: "steps" }));
          at("reports").append(make("div", { class: "report" }, lists.get(data.destination)));
        }
        lists.get(data.destination).append(showStep(data));
        at("busy").textContent = `${data.operation} ${came(data)}`;
      } else if (name === "report") {
        showReport(data);
      } else if (name === "problem") {
        throw new Error(data.detail);
      }
    }
    if (at("verdict").textContent === "Checking ...") throw new Error("The service ended the answer before it was whole. What it had begun, it cleans up.");
  } catch (error) {
    at("verdict").textContent = "Not checked";
    at("verdict").className = "inconclusive";
    at("reports").replaceChildren(trouble(error));
    if (error.status === 401) return;
  } finally {
    at("go").disabled = false;
    at("busy").textContent = "";
    if (at("login").hidden) place.focus();
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

const VERDICTS = { pass: "Planet could deliver here", warn: "Planet could deliver here, with warnings", fail: "Planet could not deliver here", inconclusive: "Could not tell" };

function showReport(report) {
  const verdict = at("verdict");
  verdict.textContent = VERDICTS[report.verdict];
  verdict.className = report.verdict;
  at("reports").replaceChildren(...report.destinations.map((each) => showDestination(each, report.destinations.length === 1)));
  offerCorrection(report);
}

function notAsked(each) {
  if (each.steps.length || !each.limits.length) return null;
  const errors = each.findings.filter((finding) => finding.severity === "error").length;
  return make("p", { class: "help" }, errors ? `The bucket was not asked: correct ${errors === 1 ? "this" : "these"} first.` : "The bucket was not asked: nothing is known of its permissions.");
}

function showDestination(each, alone) {
  const head = make("div", { class: "report-head" }, make("span", { class: `badge ${each.verdict}` }, each.verdict), make("h3", {}, each.name), make("span", { class: "mono" }, each.target || each.type));
  const steps = make("ol", { class: "steps" }, ...each.steps.map(showStep));
  const shown = new Set(each.findings.flatMap((finding) => finding.fix?.commands || []));
  const residue = each.residue.map((rest) => make("div", { class: "finding warning" },
    make("div", { class: "head" }, make("span", { class: "badge" }, rest.state), make("strong", {}, rest.version_id ? `${rest.key}, version ${rest.version_id}` : rest.key)),
    rest.note ? make("p", {}, rest.note) : null,
    rest.remove_command && !shown.has(rest.remove_command) ? block(rest.remove_command, "Removes it") : null));
  const limits = make("details", { class: "limits", open: alone }, make("summary", {}, "What this check cannot know"), make("ul", {}, ...each.limits.map((limit) => make("li", {}, limit))));
  return make("div", { class: "report" }, head,
    each.endpoint_override ? make("p", { class: "help" }, `Asked at ${each.endpoint_override}, an endpoint that this service was started with.`) : null,
    each.steps.length ? steps : null, ...each.findings.map(showFinding), notAsked(each), ...residue, each.steps.length ? limits : null);
}

// "denied" only where a permission was refused.
function came(step) {
  if (step.outcome === "granted" || step.outcome === "skipped") return step.outcome;
  if (step.kind === "kept") return "granted, but kept";
  if (step.outcome === "denied") return step.kind && step.kind !== "denied" ? "failed" : "denied";
  return ["unreachable", "transient", "foreign"].includes(step.kind) && step.provider?.code !== "interrupted" ? "failed" : "unproven";
}

const how = (step) => (step.mode === "rehearsed" ? "asked only" : step.outcome === "granted" ? "done" : "tried");

function showStep(step) {
  const said = [step.key === "planetverify.txt" ? "" : step.key, step.form, step.permission, step.outcome === "skipped" ? "" : how(step), [step.provider?.http_status, step.provider?.code].filter(Boolean).join(" "), step.note || ""].filter(Boolean).join(" · ");
  return make("li", {},
    make("span", {}, step.operation),
    make("span", { class: `outcome ${step.outcome}` }, came(step)),
    make("span", { class: "more" }, said),
    make("span", { class: "time" }, step.outcome === "skipped" ? "" : `${Math.round(step.duration_ms)} ms`));
}

function showFinding(finding) {
  const card = make("article", { class: `finding ${finding.severity}` },
    make("div", { class: "head" },
      make("span", { class: "badge" }, badge(finding.severity)),
      make("strong", {}, sentence(finding.title)),
      make("span", { class: "name mono" }, finding.name)),
    make("p", {}, finding.detail, finding.confidence === "confirmed" ? "" : ` (${finding.confidence})`));
  const fix = finding.fix;
  if (fix?.summary) card.append(make("p", {}, make("strong", {}, "Fix: "), fix.summary));
  for (const command of fix?.commands || []) card.append(block(command, "Command"));
  for (const change of fix?.patch || []) card.append(block(JSON.stringify(change), "Change, as JSON Patch"));
  if (fix?.grant) card.append(make("details", {}, make("summary", {}, "The least-privilege policy"), block(fix.grant, "Grant")));
  const evidence = Object.entries(finding.evidence || {});
  if (evidence.length) {
    card.append(make("details", {}, make("summary", {}, "Evidence"),
      make("dl", { class: "evidence" }, ...evidence.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { class: "mono" }, String(value))]))));
  }
  return card;
}

function block(text, what) {
  const body = make("pre", { tabindex: "0" }, text);
  const button = make("button", { type: "button", class: "small" }, "Copy", make("span", { class: "visually-hidden" }, `: ${what}`));
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(text);
    } catch { // without https a browser may refuse
      said = "Selected: press Ctrl-C";
      getSelection().selectAllChildren(body);
    }
    button.firstChild.textContent = said;
    at("busy").textContent = said;
    setTimeout(() => { button.firstChild.textContent = "Copy"; at("busy").textContent = ""; }, 2000);
  });
  return make("div", { class: "block" }, make("div", { class: "block-head" }, make("span", {}, what), button), body);
}

// ---- an error that somebody has --------------------------------------------------------------------------------------

async function explain() {
  const asked = { text: at("error").value, type: at("error-type").value || null };
  try {
    const { answers } = await (await ask("/v1/diagnose", { method: "POST", body: JSON.stringify(asked), headers: { "content-type": "application/json" } })).json();
    const none = "No answer of a store, and none of Planet's, was found in this text. Paste the whole message.";
    at("meaning").replaceChildren(...(answers.length ? answers.map(showAnswer) : [make("p", { class: "notice" }, none)]));
  } catch (error) {
    at("meaning").replaceChildren(trouble(error));
  }
}

function showAnswer(answer) {
  const list = (heading, sentences) => make("div", {}, make("strong", {}, heading), make("ul", {}, ...sentences.map((each) => make("li", {}, each))));
  const card = showFinding(answer.finding);
  card.append(list("Known", answer.known), list("Not known", answer.unknown));
  return card;
}

// ---- the corrected source -------------------------------------------------------------------------------------------

let correctedText = "";

function offerCorrection(report) {
  let wanted = 0;
  let changes = 0;
  let secret = false;
  const copy = submitted === null ? null : structuredClone(submitted);
  for (const each of report.destinations) {
    for (const { fix } of each.findings) {
      if (!fix?.automatic) continue;
      if (!fix.patch.length) secret = true;
      for (const operation of fix.patch) {
        wanted += 1;
        if (copy !== null && apply(copy, each.pointer, operation)) changes += 1;
      }
    }
  }
  at("corrected").hidden = !(wanted || secret);
  at("download").hidden = at("use").hidden = !changes;
  correctedText = changes ? JSON.stringify(copy, null, 2) + "\n" : "";
  const said = [];
  if (changes) said.push(`${changes} change${changes === 1 ? "" : "s"} made in this browser. The file holds the secrets that you entered.`);
  if (wanted > changes) said.push(`${changes ? "Some changes" : "The changes"} are shown above, and cannot be made here: planet-validator check --fix makes them in your file.`);
  if (secret) said.push("A secret can be repaired as well. No report holds it: planet-validator check --fix does it where the file is.");
  at("corrected-said").textContent = said.join(" ");
}

function download() {
  const link = make("a", { href: URL.createObjectURL(new Blob([correctedText], { type: "application/json" })), download: "destination.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** The corrected source in the page itself, ready to be checked once more. */
function useIt() {
  document.querySelector("input[name=way][value=paste]").checked = true;
  at("text").value = correctedText;
  showWay();
  at("text").focus();
}

function showWay() {
  at("by-form").hidden = pasting();
  at("by-paste").hidden = !pasting();
  scheduleLint();
}

// ---- start ----------------------------------------------------------------------------------------------------------

at("login").addEventListener("submit", (event) => { event.preventDefault(); token = at("token").value.trim(); at("token").value = ""; enter(); });
at("source").addEventListener("submit", (event) => { event.preventDefault(); check(); });
at("diagnose").addEventListener("submit", (event) => { event.preventDefault(); explain(); });
at("source").addEventListener("input", scheduleLint);
at("type").addEventListener("change", showFields);
at("download").addEventListener("click", download);
at("use").addEventListener("click", useIt);
at("hide").addEventListener("change", () => at("text").classList.toggle("masked", at("hide").checked));
for (const way of document.querySelectorAll("input[name=way]")) way.addEventListener("change", showWay);
window.addEventListener("hashchange", () => { if (location.hash.startsWith("#token=")) { takeTokenFromAddress(); enter(); } });
takeTokenFromAddress();
enter();
