// Moves the issues that are picked in the list; each succeeds or fails alone.
(() => {
  const start = () => {
    const bar = document.getElementById("tc-bulk");
    if (!bar) return setTimeout(start, 50);
    const words = JSON.parse(bar.dataset.words);
    const boxes = () => [...document.querySelectorAll(".tc-picked input[type=checkbox]")];
    const picked = () => boxes().filter((box) => box.checked);
    const told = bar.querySelector(".tc-bulk-told");
    const tell = (lines) => {
      told.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    };
    const show = () => {
      const n = picked().length;
      bar.hidden = !n;
      bar.querySelector(".tc-bulk-count").textContent = words.picked.replace("#", n);
      bar.elements.unit.hidden = bar.elements.action.value !== "assign";
    };
    document.addEventListener("change", show);
    bar.querySelector("[data-all]").addEventListener("click", () => {
      boxes().forEach((box) => (box.checked = true));
      show();
    });
    bar.addEventListener("submit", async (event) => {
      event.preventDefault();
      const chosen = picked();
      const action = bar.elements.action.value;
      const unit = action === "assign" ? bar.elements.unit.value.trim() || null : null;
      const issues = chosen.map((box) => box.dataset.number);
      const versions = Object.fromEntries(chosen.map((box) => [box.dataset.number, Number(box.dataset.version)]));
      const key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      try {
        const answer = await fetch("/api/v1/issues/moves", {
          method: "POST",
          headers: { "Content-Type": "application/json", "Idempotency-Key": key },
          body: JSON.stringify({ action, unit, issues, versions }),
        });
        const body = await answer.json();
        if (!answer.ok) return tell([words.failed.replace("#", body.detail)]);
        if (!body.failed) return location.reload();
        tell([
          words.moved.replace("#", body.done),
          ...body.results.filter((one) => one.problem).map((one) => `${one.issue}: ${one.problem.detail}`),
        ]);
        for (const one of body.results) {
          const box = chosen.find((box) => box.dataset.number === one.issue);
          if (one.moved) Object.assign(box, { checked: false }).dataset.version = one.moved.version;
        }
      } catch (error) {
        tell([words.failed.replace("#", error.message)]);
      }
    });
    show();
  };
  start();
})();
