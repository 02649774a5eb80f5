// Lists under the fingers: j and k go from case to case, x chooses, / searches, ? tells. All of it is links,
// checkboxes and fields, so it works without this too. Keys can be switched off (WCAG 2.1.4).
"use strict";

const KEPT = "thidua-keys";
const rows = () => [...document.querySelectorAll("table[data-keys] tbody tr")];
const areOn = () => localStorage.getItem(KEPT) !== "off";
const help = document.querySelector("[data-keys-help]");
const choice = document.querySelector("[data-keys-on]");

if (choice) {
  choice.checked = areOn();
  choice.addEventListener("change", () => localStorage.setItem(KEPT, choice.checked ? "on" : "off"));
}

function go(by) {
  const all = rows();
  const here = all.indexOf(document.activeElement?.closest?.("tr"));
  const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
  next?.querySelector("th a")?.focus();
}

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  x: () => document.activeElement?.closest?.("tr")?.querySelector("input[type=checkbox]")?.click(),
  "/": () => document.querySelector("[data-find]")?.focus(),
  "?": () => { if (help) { help.open = !help.open; help.querySelector("summary").focus(); } },
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input:not([type=checkbox]), textarea, select");
  if (!areOn() || isTyping || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

// What is chosen: rows are marked, the bar shows itself, the button of a list to sign tells how many.
function count() {
  const bar = document.querySelector("[data-bulk]");
  const chosen = rows().filter((row) => {
    const isChosen = row.querySelector("input[type=checkbox]")?.checked ?? false;
    row.classList.toggle("chosen", isChosen);
    return isChosen;
  }).length;
  if (bar) {
    bar.hidden = chosen === 0;
    const told = bar.querySelector("[data-count]");
    told.textContent = told.dataset.count.replace("{n}", chosen);
  }
  for (const form of document.querySelectorAll("form[data-chosen]")) {
    const button = form.querySelector("button");
    const n = form.querySelectorAll("input[name=case]:checked").length;
    button.textContent = button.dataset.label.replace("{n}", n);
    button.disabled = n === 0;
  }
}
document.addEventListener("change", count);

// What is not asked does not stand in the address either.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "get") return;
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => document.querySelectorAll(":disabled[name]").forEach((field) => { field.disabled = false; }));
count();
