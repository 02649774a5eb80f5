// The secret stands behind the # of the letter's link: it goes into the form, and out of the address.
"use strict";
const secret = location.hash.slice(1);
const field = document.getElementById("f-_secret");
if (secret && field) {
  field.value = secret;
  field.closest("[data-secret]").hidden = true;
  history.replaceState(null, "", location.pathname);
}
