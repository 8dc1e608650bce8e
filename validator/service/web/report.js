// A report as it is shown. Its words are the service's own, the same as in every other format.

import { at, block, copier, make, save, sentence } from "/dom.js";

export function showStep(step, words) {
  return make("li", {},
    make("span", {}, step.operation),
    make("span", { class: `outcome ${step.outcome}` }, words.outcome),
    make("span", { class: "more" }, words.more),
    make("span", { class: "time" }, words.time));
}

export function showReport(report, view) {
  at("verdict").textContent = view.verdict;
  at("verdict").className = report.verdict;
  const alone = report.destinations.length === 1;
  at("reports").replaceChildren(...report.destinations.map((each, index) => showDestination(each, view.destinations[index], alone)));
}

function showDestination(each, words, alone) {
  const head = make("div", { class: "report-head" }, make("span", { class: `badge ${each.verdict}` }, words.verdict), make("h3", {}, each.name), make("span", { class: "mono" }, each.target || each.type));
  const shown = new Set(each.findings.flatMap((finding) => finding.fix?.commands || []));
  const residue = each.residue.map((rest, index) => make("div", { class: "finding warning" },
    make("div", { class: "head" }, make("span", { class: "badge" }, words.residue[index]), make("strong", {}, rest.version_id ? `${rest.key}, version ${rest.version_id}` : rest.key)),
    rest.note ? make("p", {}, rest.note) : null,
    rest.remove_command && !shown.has(rest.remove_command) ? block(rest.remove_command, "Removes it") : null));
  const limits = make("details", { class: "limits", open: alone }, make("summary", {}, "What this check cannot know"), make("ul", {}, ...each.limits.map((limit) => make("li", {}, limit))));
  return make("div", { class: "report" }, head,
    words.asked_at ? make("p", { class: "help" }, words.asked_at) : null,
    each.steps.length ? make("ol", { class: "steps" }, ...each.steps.map((step, index) => showStep(step, words.steps[index]))) : null,
    ...each.findings.map((finding, index) => showFinding(finding, words.findings[index])),
    words.not_asked ? make("p", { class: "help" }, words.not_asked) : null,
    ...residue, each.steps.length && each.limits.length ? limits : null);
}

export function showFinding(finding, words) {
  const card = make("article", { class: `finding ${finding.severity}` },
    make("div", { class: "head" },
      make("span", { class: "badge" }, words.severity),
      make("strong", {}, sentence(finding.title)),
      named(finding.name)),
    make("p", {}, finding.detail, words.doubt));
  const fix = finding.fix;
  if (fix?.summary) card.append(make("p", {}, make("strong", {}, "Fix: "), fix.summary));
  if (words.changes.length) card.append(make("ul", { class: "changes" }, ...words.changes.map((change) => make("li", { class: "mono" }, change))));
  for (const command of fix?.commands || []) card.append(block(command, "Command"));
  if (fix?.grant) card.append(make("details", {}, make("summary", {}, "The least-privilege policy"), block(fix.grant, "Grant", "grant.json")));
  const evidence = Object.entries(finding.evidence || {});
  if (evidence.length) {
    card.append(make("details", {}, make("summary", {}, "Evidence"),
      make("dl", { class: "evidence" }, ...evidence.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { class: "mono" }, String(value))]))));
  }
  return card;
}

// ---- what a finding's name means ------------------------------------------------------------------------------------

function named(name) {
  const link = make("a", { class: "name mono", href: `/findings/${encodeURIComponent(name)}`, "aria-haspopup": "dialog" }, name);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    explain(link.getAttribute("href"));
  });
  return link;
}

/** The finding's own page, which holds nothing of anybody's, in a dialog. */
async function explain(path) {
  const dialog = at("explained");
  const place = at("explanation");
  try {
    const answer = await fetch(path, { headers: { accept: "text/html" }, credentials: "omit" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main .text");
    if (!page) throw new Error();
    const text = document.adoptNode(page);
    text.className = "text";
    for (const link of text.querySelectorAll('a[href^="/findings/"]')) {
      link.addEventListener("click", (event) => { event.preventDefault(); explain(link.getAttribute("href")); });
    }
    place.replaceChildren(text);
  } catch {
    place.replaceChildren(make("h1", {}, "No explanation"), make("p", {}, "The service does not answer, or knows no such finding."));
  }
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// ---- to hand on -----------------------------------------------------------------------------------------------------

/** The report in the forms that go to somebody else; `forms` are the service's, and hold no secret. */
export function offerForms(report, forms) {
  const note = make("pre", { tabindex: "0" }, forms.note);
  const kinds = [
    ["HTML", "report.html", () => forms.html, "text/html"],
    ["Markdown", "report.md", () => forms.markdown, "text/markdown"],
    ["JSON", "report.json", () => `${JSON.stringify(report, null, 2)}\n`, "application/json"],
  ];
  at("hand-on").replaceChildren(
    make("h3", {}, "Hand it on"),
    make("p", { class: "help" }, "To whoever owns the bucket: what is missing, the grant or the command, and why. No secret is in any of these."),
    make("div", { class: "actions" },
      copier("Copy for your cloud admin", "", () => forms.note, () => note),
      ...kinds.map(([kind, file, text, type]) => {
        const button = make("button", { type: "button", class: "small" }, `Download ${kind}`);
        button.addEventListener("click", () => save(file, text(), type));
        return button;
      })),
    make("details", {}, make("summary", {}, "Show the note"), note));
  at("hand-on").hidden = false;
}
