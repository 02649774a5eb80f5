// Keeps what is typed in a form [data-autosave] at that address, a moment after the typing has stopped.
// Without it nothing is lost that was sent; what is only typed stays in the page alone.
"use strict";
(() => {
  if (document.documentElement.dataset.keeps) return; // pages come and go in one document (hx-boost)
  document.documentElement.dataset.keeps = "yes";
  const PAUSE = 1500;
  let timer = 0, dirty = false, under_way = Promise.resolve();

  const form = () => document.querySelector("form[data-autosave]");
  const show = (selector, visible) => { const found = document.querySelector(selector); if (found) found.hidden = !visible; };
  const say = (text) => { const line = document.querySelector("[data-kept]"); if (line) line.textContent = text; };

  const keep = async () => {
    clearTimeout(timer);
    const of = form();
    if (!of || !dirty) return;
    dirty = false;
    const typed = new FormData(of);
    for (const name of ["_password", "_key"]) typed.delete(name);
    for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name);
    try {
      const body = new URLSearchParams(typed);
      const keepalive = body.toString().length < 60000; // then it arrives even when the page is left meanwhile
      const answer = await fetch(of.dataset.autosave, { method: "POST", body, keepalive, redirect: "error" });
      show("[data-kept-offline]", false);
      show("[data-kept-login]", answer.status === 401);
      if (answer.ok || answer.status === 413) say(await answer.text());
      else { dirty = true; say(""); }
    } catch {
      dirty = true;
      say("");
      show("[data-kept-offline]", true);
    }
  };
  const later = () => { dirty = true; clearTimeout(timer); timer = setTimeout(() => { under_way = keep(); }, PAUSE); };

  document.addEventListener("input", (event) => { if (form()?.contains(event.target)) later(); });
  document.addEventListener("change", (event) => { if (form()?.contains(event.target)) later(); });
  addEventListener("online", () => { if (dirty) under_way = keep(); });
  document.addEventListener("visibilitychange", () => { if (dirty && document.hidden) under_way = keep(); });
  addEventListener("pagehide", () => { if (dirty) keep(); });
  addEventListener("focus", () => { if (dirty) under_way = keep(); });

  document.addEventListener("htmx:error", () => { dirty = true; }); // it was sent, and did not arrive

  // Another form of the page is sent (a file, say): what is typed here is kept before.
  document.addEventListener("submit", (event) => {
    const other = event.target;
    if (other === form()) { clearTimeout(timer); dirty = false; return; }
    if (!form() || !dirty || other.dataset.kept === "yes" || event.submitter?.name === "_drop") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    under_way.then(keep).then(() => { other.dataset.kept = "yes"; other.requestSubmit(event.submitter); });
  }, true);
})();
