// A unit's answers, and the keys of admins: each asks the API with the visitor's session.
(() => {
  const words = JSON.parse(document.getElementById("tc-words").textContent);
  const failed = (why) => words.failed.replace("#", why);
  const ask = async (address, options) => {
    const answer = await fetch(`/api/v1${address}`, options);
    const body = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Error(`${body.detail} ${body.mend ?? ""}`);
    return body;
  };
  const json = (value) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

  for (const form of document.querySelectorAll(".tc-answer")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = form.querySelector("[role=status]");
      const action = event.submitter?.value ?? "report_fixed";
      const issue = `/issues/${form.dataset.issue}`;
      const note = form.elements.note.value.trim() || null;
      const [photo] = form.elements.photo.files;
      const move = action === "send_back" ? { action, note, reason: form.elements.reason.value } : { action, note };
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      try {
        if (photo && action === "report_fixed") {
          told.textContent = words.checking;
          const sent = new FormData();
          sent.append("photo", photo);
          await ask(`${issue}/verification`, { method: "POST", body: sent });
        }
        told.textContent = words.sending;
        await ask(`${issue}/moves`, json(move));
        told.textContent = words.done;
      } catch (error) {
        told.textContent = failed(error.message);
        for (const button of form.querySelectorAll("button")) button.disabled = false;
      }
    });
  }

  const made = document.getElementById("tc-made");
  const say = (...lines) => {
    made.hidden = false;
    made.replaceChildren(...lines.flatMap((line) => [document.createTextNode(line), document.createElement("br")]));
  };
  document.getElementById("tc-key")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const wish = { name: given.get("name"), role: given.get("role") };
    if (given.get("unit")) wish.unit = given.get("unit");
    if (given.get("expires_days")) wish.expires_days = Number(given.get("expires_days"));
    try {
      const key = await ask("/keys", json(wish));
      const link = wish.role === "inspector" ? [words.link, `${location.origin}/snap#k=${key.key}`] : [];
      say(words.made, key.key, ...link);
    } catch (error) {
      say(failed(error.message));
    }
  });
  for (const button of document.querySelectorAll(".tc-revoke")) {
    button.addEventListener("click", async () => {
      if (!confirm(words.sure)) return;
      try {
        await ask(`/keys/${button.dataset.key}`, { method: "DELETE" });
        location.reload();
      } catch (error) {
        say(failed(error.message));
      }
    });
  }
})();
