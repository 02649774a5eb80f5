"use strict";
// The secret stands behind the # of the letter's link; it goes to the server in the body only.
const form = document.getElementById("password");
const said = document.getElementById("said");
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

function say(text) {
  said.textContent = text;
  said.hidden = false;
}

async function send(event) {
  event.preventDefault();
  const given = new FormData(form);
  if (given.get("password") !== given.get("again")) return say("Hai lần nhập chưa giống nhau.");
  const body = { secret, password: given.get("password") };
  if (given.get("code")) body.code = given.get("code");
  try {
    const answer = await fetch(form.dataset.redemption, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      form.hidden = true;
      return say("Đã đặt mật khẩu. Bây giờ có thể đăng nhập bằng mật khẩu mới.");
    }
    const problem = await answer.json();
    say([problem.detail, ...Object.values(problem.fields ?? {})].join(" "));
  } catch {
    say("Chưa gửi được: kiểm tra kết nối rồi thử lại. Những gì đã nhập vẫn còn.");
  }
}

if (secret) {
  form.hidden = false;
  form.addEventListener("submit", send);
} else {
  say("Liên kết thiếu mã: hãy mở lại liên kết trong thư, hoặc xin thư mới.");
}
