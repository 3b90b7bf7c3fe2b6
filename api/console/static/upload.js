// Sends photos to the API and tells what became of each.
(() => {
  const start = () => {
    const drop = document.getElementById("tc-drop");
    const files = document.getElementById("tc-files");
    const results = document.getElementById("tc-results");
    if (!drop) return setTimeout(start, 50);
    const words = JSON.parse(document.getElementById("tc-words").textContent);
    const filled = (word, value) => words[word].replace("#", value);
    const cell = (row, content) => {
      const td = row.insertCell();
      if (typeof content === "string") td.textContent = content;
      else td.append(...content);
    };
    const links = (word, numbers) => {
      const [before, after] = words[word].split("#");
      const parts = [before];
      numbers.forEach((number, i) => {
        const a = document.createElement("a");
        a.href = `/issues/${number}`;
        a.textContent = number;
        parts.push(i ? ", " : "", a);
      });
      return [...parts, after ?? "", " "];
    };
    const outcome = (photo) => {
      if (photo.status === "waiting") return words.waiting;
      if (photo.reason_code) return words.codes[photo.reason_code] ?? photo.message ?? photo.reason_code;
      if (photo.duplicate_of) return words.same;
      const parts = [["new", photo.new_issues], ["again", photo.seen_again], ["fixed", photo.proposed_fixed], ["back", photo.reopened]]
        .flatMap(([word, numbers]) => (numbers.length ? links(word, numbers) : []));
      return parts.length ? parts : words.nothing;
    };
    const draw = (box, job) => {
      const table = document.createElement("table");
      for (const photo of job.photos) {
        const row = table.insertRow();
        cell(row, photo.name);
        cell(row, outcome(photo));
      }
      const after = document.createElement("p");
      after.style.padding = "0 14px";
      if (job.error) after.textContent = job.error;
      if (job.status === "done") {
        const a = document.createElement("a");
        a.href = "/review";
        a.textContent = words.done;
        after.append(a);
      }
      box.replaceChildren(table, after);
    };
    const follow = async (box, url) => {
      const job = await (await fetch(url)).json();
      draw(box, job);
      if (job.status === "queued" || job.status === "running") setTimeout(() => follow(box, url), 700);
    };
    const send = async (chosen) => {
      if (!chosen.length) return;
      const box = document.createElement("div");
      box.className = "tc-card";
      box.textContent = filled("sending", chosen.length);
      box.style.padding = "10px 0";
      results.prepend(box);
      const form = new FormData();
      for (const file of chosen) form.append("photos", file);
      const answer = await fetch("/api/v1/photos", { method: "POST", body: form });
      const body = await answer.json();
      if (answer.ok) follow(box, `/api/v1/jobs/${body.id}`);
      else box.textContent = filled("failed", `${body.detail} ${body.mend ?? ""}`);
    };
    files.addEventListener("change", () => { send([...files.files]); files.value = ""; });
    for (const type of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", type === "dragover");
        if (type === "drop") send([...event.dataTransfer.files]);
      });
    }
  };
  start();
})();
