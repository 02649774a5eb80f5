// Says before a form [data-limit] is sent that its files are too large; the server says so too, but later.
"use strict";
document.addEventListener("change", (event) => {
  const form = event.target.form, limit = Number(form?.dataset.limit);
  if (event.target.type !== "file" || !limit) return;
  const line = form.querySelector("[data-too-large]");
  const bytes = [...event.target.files].reduce((sum, file) => sum + file.size, 0);
  line.hidden = bytes <= limit;
  line.textContent = bytes > limit ? line.dataset.tooLarge : "";
  form.querySelector("button").disabled = bytes > limit;
  event.target.toggleAttribute("aria-invalid", bytes > limit);
});
