// Sample points and their sheets, by the API with the visitor's session.
(() => {
  const API = "/api/v1/sample-points";
  const start = () => {
    const point = document.getElementById("tc-point");
    const sheet = document.getElementById("tc-sheet");
    if (!document.querySelector("main h1")) return setTimeout(start, 50);
    const words = JSON.parse(document.getElementById("tc-words").textContent);
    const say = (text) => {
      const said = document.getElementById("tc-said");
      if (said) said.textContent = text;
    };
    const ask = async (address, method, body) => {
      const answer = await fetch(address, {
        method,
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body ? JSON.stringify(body) : undefined,
      });
      const told = await answer.json();
      if (!answer.ok) {
        const fields = (told.fields ?? []).map((one) => `${one.where}: ${one.problem}`).join("; ");
        throw new Error(`${told.detail} ${fields || told.mend || ""}`);
      }
      return told;
    };
    const attempt = async (deed) => {
      try {
        await deed();
        say(words.done);
        location.reload();
      } catch (error) {
        say(words.failed.replace("#", error.message));
      }
    };
    point?.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = Object.fromEntries(new FormData(point));
      for (const name of ["lat", "lon", "radius_m"]) given[name] = Number(given[name]);
      attempt(async () => {
        const known = await ask(API, "GET");
        await ask(API, "PUT", [...known.filter((one) => one.code !== given.code), given]);
      });
    });
    document.addEventListener("click", (event) => {
      const code = event.target.closest("button[data-remove]")?.dataset.remove;
      if (!code || !confirm(words.sure)) return;
      attempt(async () => {
        const known = await ask(API, "GET");
        await ask(API, "PUT", known.filter((one) => one.code !== code));
      });
    });
    if (!sheet) return;
    const marks = () => [...sheet.querySelectorAll('[name^="mark-"]')];
    const sum = () => {
      const rated = marks().filter((input) => input.value !== "");
      const total = (values) => values.reduce((a, b) => a + Number(b), 0);
      const output = document.getElementById("tc-sum");
      if (output) output.textContent = `${total(rated.map((i) => i.value))} / ${total(rated.map((i) => i.max))}`;
    };
    sheet.addEventListener("input", sum);
    sum();
    sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = {};
      for (const input of marks()) {
        const code = input.name.slice(5);
        const note = sheet.elements[`note-${code}`].value.trim();
        if (input.value !== "" || note) given[code] = { mark: input.value === "" ? null : Number(input.value), note };
      }
      const note = sheet.elements.note.value.trim();
      attempt(() => ask(`${API}/${sheet.dataset.code}/assessments`, "POST", { marks: given, note }));
    });
  };
  start();
})();
