// What pages do beyond what forms and links do by themselves. Everything works without it, with more clicks.
"use strict";

const offline = () => document.getElementById("offline");

// A request that got no answer: nothing typed is lost, the page says so.
document.addEventListener("htmx:error", () => { if (offline()) offline().hidden = false; });
addEventListener("offline", () => { if (offline()) offline().hidden = false; });
addEventListener("online", () => { if (offline()) offline().hidden = true; });

// After an answer was put in place: what is wrong goes first, then the page's beginning.
document.addEventListener("htmx:after:swap", () => {
  const wrong = document.querySelector("main .summary");
  if (wrong) { wrong.focus(); wrong.scrollIntoView({ block: "start" }); }
});
addEventListener("DOMContentLoaded", () => document.querySelector("main .summary")?.focus());

// [data-confirm] asks before a form is sent that cannot be undone.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);
