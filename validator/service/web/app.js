// The page: lint as one types, the check step by step, leftovers, grants, errors that somebody has, and what is made of them.

import { ask, events, hasToken, post, takeTokenFromAddress, useToken, whenRefused } from "/api.js";
import { at, block, make, save, trouble } from "/dom.js";
import { begun, complete, field, markFields, offerRepairs, pasting, ready, showFields, source } from "/form.js";
import { repaired } from "/repair.js";
import { offerForms, showFinding, showReport, showStep } from "/report.js";
import { apply, valueAt } from "/source.js";

let types = [];
let submitted = null; // the document that was checked, when it is JSON
let linted = { text: null, repairs: [] }; // what was last judged, and how its secrets are repaired
let lintTimer = 0;
let lintUnderWay = new AbortController();

const chosen = (id) => types.find((each) => each.type === at(id).value);
const PANELS = ["source", "grant", "diagnose"];

// ---- the token ------------------------------------------------------------------------------------------------------

function showLogin(said) {
  at("login").hidden = false;
  for (const each of PANELS) at(each).hidden = true;
  if (hasToken()) at("login-said").textContent = said;
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
  for (const each of PANELS) at(each).hidden = false;
  if (at("type").options.length) return; // the token was asked for once more: what was filled in stays
  const option = (each) => make("option", { value: each.type }, each.title);
  at("type").replaceChildren(...types.map(option));
  at("grant-type").replaceChildren(...types.filter((each) => each.grant_needs.length).map(option));
  at("error-type").append(...types.map(option));
  showFields(chosen("type"));
  showPlace();
}

// ---- lint as one types ----------------------------------------------------------------------------------------------

function scheduleLint(_event, wait = 350) {
  at("lint").setAttribute("aria-busy", "true"); // what it shows is of an earlier text
  clearTimeout(lintTimer);
  lintTimer = setTimeout(lint, wait);
}

const paired = (report, view) => report.destinations.flatMap((each, index) =>
  each.findings.map((finding, place) => ({ finding, words: view.destinations[index].findings[place] })));

async function lint() {
  clearTimeout(lintTimer);
  lintUnderWay.abort(); // its answer is of no more use
  lintUnderWay = new AbortController();
  const asked = lintUnderWay;
  let found = [];
  let shown = [];
  let repairs = [];
  let text = null;
  if (begun()) {
    const given = source(chosen("type"));
    text = given.text;
    try {
      const answer = await (await ask("/v1/lint?view=page", { method: "POST", body: text, headers: { "content-type": given.kind }, signal: asked.signal })).json();
      found = paired(answer.report, answer.view);
      repairs = answer.report.destinations.flatMap((each, index) => answer.repairs[index].map((repair) => ({ ...repair, destination: each.pointer })));
    } catch (error) {
      if (asked.signal.aborted) return;
      if (error.status === 429) { scheduleLint(null, 3000); return; }
      shown = [trouble(error)];
    }
  }
  if (asked !== lintUnderWay) return;
  linted = { text, repairs };
  at("lint").removeAttribute("aria-busy");
  if (text !== null) at("form-said").textContent = ""; // that all is empty stays true
  if (!pasting()) {
    found = markFields(found);
    offerRepairs(repairs);
  }
  at("lint").replaceChildren(...shown, ...found.map(({ finding, words }) => showFinding(finding, words)));
}

// ---- the check, and the look ----------------------------------------------------------------------------------------

/** What a check and a look have in common: `work` asks, and returns what is to be shown. */
async function run(doing, work) {
  if (!ready()) return;
  const given = source(chosen("type"));
  submitted = given.document;
  at("verdict").textContent = `${doing} ...`;
  at("verdict").className = "";
  at("corrected").hidden = at("hand-on").hidden = true;
  at("go").disabled = at("look").disabled = true;
  at("busy").textContent = doing;
  at("result").hidden = false;
  at("reports").replaceChildren();
  try {
    const { report, view, ...forms } = await work(given);
    showReport(report, view);
    if (!pasting()) markFields(paired(report, view));
    offerForms(report, forms);
    return report;
  } catch (error) {
    at("verdict").textContent = "Not checked";
    at("verdict").className = "inconclusive";
    at("reports").replaceChildren(trouble(error));
  } finally {
    at("go").disabled = at("look").disabled = false;
    at("busy").textContent = "";
    if (at("login").hidden) at("result").focus();
  }
}

async function check() {
  const report = await run("Checking", async ({ text, kind }) => {
    if (linted.text !== text) await lint(); // how secrets are repaired
    const lists = new Map();
    let shown = null;
    const answer = await ask("/v1/checks?view=page", { method: "POST", body: text, headers: { "content-type": kind, accept: "text/event-stream" } });
    for await (const [name, data] of events(answer.body)) {
      if (name === "step") {
        if (!lists.has(data.destination)) {
          lists.set(data.destination, make("ol", { class: "steps" }));
          at("reports").append(make("div", { class: "report" }, lists.get(data.destination)));
        }
        lists.get(data.destination).append(showStep(data, data.words));
        at("busy").textContent = `${data.operation} ${data.words.outcome}`;
      } else if (name === "view") {
        shown = data;
      } else if (name === "report") {
        return { report: data, ...shown };
      } else if (name === "problem") {
        throw new Error(data.detail);
      }
    }
    throw new Error("The service ended the answer before it was whole. What it had begun, it cleans up.");
  });
  if (report) offerCorrection(report);
}

const look = () => run("Looking", async ({ text, kind }) =>
  (await ask("/v1/sweep?view=page", { method: "POST", body: text, headers: { "content-type": kind } })).json());

// ---- a grant, before there is a key ---------------------------------------------------------------------------------

function showPlace() {
  const type = chosen("grant-type");
  at("place").replaceChildren(...type.parameters.filter((each) => type.grant_needs.includes(each.name)).map((each) => field(each, "g-")));
  at("grant-made").replaceChildren();
  at("grant-said").textContent = "";
}

async function makeGrant() {
  const inputs = [...at("place").querySelectorAll("input")];
  if (!complete("grant-said", inputs)) return;
  for (const input of inputs) { input.removeAttribute("aria-invalid"); at(`${input.id}-wrong`).textContent = ""; }
  const asked = {
    type: at("grant-type").value,
    parameters: Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])),
    principal: at("principal").value.trim(), prefix: at("grant-prefix").value.trim(), encryption_key: at("grant-key").value.trim(),
  };
  try {
    const { document: text, commands, notes } = await post("/v1/policy", asked);
    at("grant-made").replaceChildren(
      block(text, "The least-privilege policy", "grant.json"), ...commands.map((each) => block(each, "Command")), ...notes.map((each) => make("p", { class: "help" }, each)));
  } catch (error) {
    at("grant-made").replaceChildren(trouble(error));
  }
}

// ---- an error that somebody has -------------------------------------------------------------------------------------

async function explain() {
  if (at("error").value.trim() === "") {
    at("meaning").replaceChildren(make("p", { class: "notice" }, "Paste the error first."));
    at("error").focus();
    return;
  }
  try {
    const { answers } = await post("/v1/diagnose", { text: at("error").value, type: at("error-type").value || null });
    const none = "No answer of a store, and none of Planet's, was found in this text. Paste the whole message.";
    at("meaning").replaceChildren(...(answers.length ? answers.map(showAnswer) : [make("p", { class: "notice" }, none)]));
  } catch (error) {
    at("meaning").replaceChildren(trouble(error));
  }
}

function showAnswer(answer) {
  const list = (heading, sentences) => (sentences.length ? make("div", {}, make("strong", {}, heading), make("ul", {}, ...sentences.map((each) => make("li", {}, each)))) : null);
  const card = showFinding(answer.finding, answer.words);
  card.append(...[list("Known", answer.known), list("Not known", answer.unknown)].filter(Boolean));
  return card;
}

// ---- the corrected source -------------------------------------------------------------------------------------------

let correctedText = "";

function offerCorrection(report) {
  const copy = submitted === null ? null : structuredClone(submitted);
  const made = (base, operation) => copy !== null && apply(copy, base, operation);
  let [wanted, changes, secrets, repairsMade] = [0, 0, 0, 0];
  for (const each of report.destinations) {
    for (const { fix } of each.findings) {
      if (!fix?.automatic) continue;
      if (!fix.patch.length) secrets += 1;
      for (const operation of fix.patch) {
        wanted += 1;
        if (made(each.pointer, operation)) changes += 1;
      }
    }
  }
  if (secrets) {
    for (const each of linted.repairs) {
      try { // of the values as they were given: what is repaired may be another's
        const value = repaired(each, valueAt(submitted, each.destination, each.origin));
        if (made(each.destination, { op: "replace", path: each.pointer, value })) repairsMade += 1;
      } catch { /* not JSON, or not where it was */ }
    }
  }
  at("corrected").hidden = !(wanted || secrets);
  at("download").hidden = at("use").hidden = !(changes || repairsMade);
  correctedText = changes || repairsMade ? JSON.stringify(copy, null, 2) + "\n" : "";
  const said = [];
  const all = changes + repairsMade;
  if (all) said.push(`${all} change${all === 1 ? "" : "s"} made in this browser. The file holds the secrets that you entered.`);
  if (wanted > changes) said.push(`${changes ? "Some changes" : "The changes"} are shown above, and cannot be made here: planet-validator check --fix makes them in your file.`);
  if (secrets && !repairsMade) said.push("A secret can be repaired as well. No report holds it: planet-validator check --fix does it where the file is.");
  at("corrected-said").textContent = said.join(" ");
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
  at("form-said").textContent = "";
  scheduleLint();
}

// ---- start ----------------------------------------------------------------------------------------------------------

const onSubmit = (id, then) => at(id).addEventListener("submit", (event) => { event.preventDefault(); then(); });
whenRefused(() => showLogin("That is not the token of this service."));
onSubmit("login", () => { useToken(at("token").value.trim()); at("token").value = ""; enter(); });
onSubmit("source", check);
onSubmit("grant", makeGrant);
onSubmit("diagnose", explain);
at("look").addEventListener("click", look);
at("source").addEventListener("input", scheduleLint);
at("type").addEventListener("change", () => { showFields(chosen("type")); scheduleLint(); });
at("grant-type").addEventListener("change", showPlace);
at("download").addEventListener("click", () => save("destination.json", correctedText, "application/json"));
at("use").addEventListener("click", useIt);
at("hide").addEventListener("change", () => at("text").classList.toggle("masked", at("hide").checked));
at("close").addEventListener("click", () => at("explained").close());
for (const way of document.querySelectorAll("input[name=way]")) way.addEventListener("change", showWay);
window.addEventListener("hashchange", () => { if (location.hash.startsWith("#token=")) { takeTokenFromAddress(); enter(); } });
takeTokenFromAddress();
enter();
