// Decisions on a citizen's request: the API is asked with the visitor's session.
(() => {
  const start = () => {
    const whole = document.getElementById("tc-request");
    if (!whole) return document.getElementById("tc-words") ? setTimeout(start, 50) : undefined;
    const words = JSON.parse(document.getElementById("tc-words").textContent);
    const said = document.getElementById("tc-said");
    const send = async (body) => {
      const answer = await fetch(`/api/v1/requests/${whole.dataset.request}/review`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      const told = await answer.json();
      if (!answer.ok) {
        said.textContent = words.failed.replace("#", `${told.detail} ${told.mend ?? ""}`);
        return;
      }
      said.textContent = words.done;
      location.reload();
    };
    document.getElementById("tc-link").addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(event.target);
      const issues = [...given.getAll("issue"), given.get("number").trim()].filter(Boolean);
      if (issues.length) send({ issues });
    });
    document.getElementById("tc-reject")?.addEventListener("submit", (event) => {
      event.preventDefault();
      send({ reject: new FormData(event.target).get("reject") });
    });
  };
  start();
})();
