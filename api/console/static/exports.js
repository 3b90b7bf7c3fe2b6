// Starts exports, follows them, and sends filled-in lists back: all through the API.
(() => {
  const start = () => {
    const form = document.getElementById("tc-export-form");
    if (!form) return setTimeout(start, 50);
    const words = JSON.parse(document.getElementById("tc-words").textContent);
    const shelf = document.getElementById("tc-exports");
    const el = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text ?? "", ...attributes });
    const say = (body) => `${body.detail ?? ""} ${body.mend ?? ""}`;
    const state = (one) => {
      if (one.status === "done") return words.issues.replace("#", one.issues);
      if (one.status === "failed") return `${words.failed}: ${one.error ?? ""}`;
      const part = one.of ? ` ${one.done} / ${one.of}` : "";
      return `${words[one.status]}${part}`;
    };
    const draw = (all) => {
      if (!all.length) return shelf.replaceChildren(el("p", words.none, { className: "tc-muted", style: "padding:14px" }));
      const table = el("table");
      for (const one of all) {
        const row = table.insertRow();
        row.insertCell().textContent = words.kinds[one.kind];
        row.insertCell().textContent = new Date(one.created_at).toLocaleString();
        row.insertCell().textContent = state(one);
        const cell = row.insertCell();
        if (one.status === "done") {
          const size = one.size_bytes > 1e6 ? `${(one.size_bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(one.size_bytes / 1e3)} kB`;
          cell.append(el("a", `${words.fetch} (${size})`, { href: `/api/v1/exports/${one.id}/file`, download: one.filename }));
        }
      }
      shelf.replaceChildren(table);
    };
    const follow = async () => {
      const answer = await fetch("/api/v1/exports");
      if (!answer.ok) return;
      const all = await answer.json();
      draw(all);
      if (all.some((one) => one.status === "queued" || one.status === "running")) setTimeout(follow, 800);
    };
    const midnight = (day) => new Date(`${day}T00:00:00`).toISOString();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const query = new URLSearchParams();
      for (const [name, value] of new FormData(form)) {
        if (!value) continue;
        if (name === "status" && value === "open") words.open.forEach((status) => query.append("status", status));
        else query.append(name, name === "since" || name === "until" ? midnight(value) : value);
      }
      const answer = await fetch(`/api/v1/exports?${query}`, { method: "POST" });
      if (!answer.ok) return shelf.prepend(el("p", say(await answer.json()), { style: "padding:14px" }));
      follow();
    });
    follow();

    const drop = document.getElementById("tc-drop");
    if (!drop) return;
    const files = document.getElementById("tc-list");
    const out = document.getElementById("tc-returned");
    const outcome = (row) => {
      const told = [words.list_outcome[row.outcome]];
      if (row.action && row.outcome !== "refused") told.push(words.actions[row.action]);
      if (row.by_date && row.outcome !== "refused") told.push(words.byDate);
      if (row.code) told.push(`${words.list_refusal[row.code]} ${row.detail}`);
      return told.join(" · ");
    };
    const show = (report, file) => {
      const box = el("div", "", { className: "tc-card" });
      const counts = Object.entries(report.counts).map(([code, n]) => `${words.list_outcome[code]} ${n}`);
      box.append(el("p", counts.join(" · ") || words.nothing, { style: "padding:6px 14px;font-weight:600" }));
      for (const note of report.columns) {
        const meant = note.column ? ` → ${note.column}` : "";
        box.append(el("p", `${note.sheet}: ${words.list_column[note.code]} ${note.heading}${meant}`, { className: "tc-muted", style: "padding:0 14px" }));
      }
      const table = el("table");
      const head = table.createTHead().insertRow();
      for (const word of ["row", "number", "what", "note"]) head.append(el("th", words[word]));
      const body = table.createTBody();
      for (const row of report.rows.filter((one) => one.outcome !== "unchanged")) {
        const line = body.insertRow();
        line.className = `tc-${row.outcome}`;
        line.insertCell().textContent = `${row.sheet}:${row.line}`;
        line.insertCell().append(el("a", row.number, { href: `/issues/${encodeURIComponent(row.number)}` }));
        line.insertCell().textContent = outcome(row);
        line.insertCell().textContent = row.note;
      }
      if (body.rows.length) box.append(table);
      const ready = report.counts.ready ?? 0;
      if (ready) {
        const button = el("button", words.apply.replace("#", ready), { type: "button", className: "tc-apply", style: "margin:12px 14px" });
        button.addEventListener("click", () => { button.disabled = true; send(file, true); });
        box.append(button);
      }
      out.replaceChildren(box);
    };
    const send = async (file, apply) => {
      out.replaceChildren(el("div", words.reading, { className: "tc-card", style: "padding:14px" }));
      const body = new FormData();
      body.append("file", file);
      const answer = await fetch(`/api/v1/lists?apply=${apply}&lang=${words.lang}`, { method: "POST", body });
      const report = await answer.json();
      if (answer.ok) show(report, file);
      else out.replaceChildren(el("div", say(report), { className: "tc-card", style: "padding:14px" }));
    };
    files.addEventListener("change", () => { if (files.files[0]) send(files.files[0], false); files.value = ""; });
    for (const type of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", type === "dragover");
        if (type === "drop" && event.dataTransfer.files[0]) send(event.dataTransfer.files[0], false);
      });
    }
  };
  start();
})();
