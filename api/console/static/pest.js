// Enters pest inspections through the API.
(() => {
  const start = () => {
    const form = document.getElementById("tc-pest-form");
    if (!form) return document.getElementById("tc-words") ? undefined : setTimeout(start, 50);
    const words = JSON.parse(document.getElementById("tc-words").textContent);
    const said = document.getElementById("tc-pest-said");
    const findings = document.getElementById("tc-findings");
    const problem = (body) => `${body.detail ?? ""} ${body.mend ?? ""}`;
    document.getElementById("tc-add-finding").addEventListener("click", () => {
      findings.append(document.getElementById("tc-finding").content.cloneNode(true));
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const field = (name) => form.querySelector(`:scope > [name="${name}"], :scope > label > [name="${name}"]`)?.value.trim() ?? "";
      const number = (name) => (field(name) ? Number(field(name)) : null);
      const body = {
        inspected_at: new Date(field("inspected_at")).toISOString(),
        site: field("site"),
        site_kind: field("site_kind"),
        area: field("area"),
        inspector: field("inspector"),
        note: field("note"),
        rooms: number("rooms"),
        metres: number("metres"),
        facilities: number("facilities"),
        looked_for: [...form.querySelectorAll('[name="looked_for"]:checked')].map((box) => box.value),
        findings: [...findings.children].map((row) => ({
          kind: row.querySelector('[name="kind"]').value,
          room: row.querySelector('[name="room"]').value,
          amount: Number(row.querySelector('[name="amount"]').value),
        })),
      };
      const answer = await fetch("/api/v1/pest/inspections", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!answer.ok) {
        said.textContent = problem(await answer.json());
        return;
      }
      said.textContent = words.saved;
      setTimeout(() => location.reload(), 600);
    });
    const table = document.getElementById("tc-pest-table");
    table.addEventListener("submit", async (event) => {
      event.preventDefault();
      const out = document.getElementById("tc-table-said");
      const apply = event.submitter?.value ?? "false";
      const body = new FormData();
      body.append("file", table.elements.file.files[0]);
      const answer = await fetch(`/api/v1/pest/tables?apply=${apply}`, { method: "POST", body });
      const report = await answer.json();
      if (!answer.ok) {
        out.textContent = problem(report);
        return;
      }
      const top = document.createElement("p");
      top.textContent = words.table.replace("#v", report.visits).replace("#n", report.entered).replace("#r", report.problems.length);
      const list = report.problems.map((one) => {
        const line = document.createElement("p");
        line.textContent = words.line.replace("##", one.detail).replace("#", one.line);
        return line;
      });
      out.replaceChildren(top, ...list);
    });
  };
  start();
})();
