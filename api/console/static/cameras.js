// Cameras: keeps the wall fresh, edits zones and settings through the API.
(() => {
  const REFRESH_MS = 10000;
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const send = (path, method, body, headers = {}) =>
    fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const why = async (answer) => {
    const body = await answer.json().catch(() => ({}));
    return `${body.detail ?? answer.status} ${body.mend ?? ""}`;
  };

  // --- the wall: pictures and states, without loading the page again
  const seen = new Map();
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch("/api/v1/cameras").catch(() => null);
    if (!answer?.ok) return;
    for (const camera of await answer.json()) {
      const card = document.querySelector(`[data-camera="${CSS.escape(camera.id)}"]`);
      if (card && card.dataset.faring !== camera.faring) return location.reload();
      const picture = document.querySelector(`img[data-picture="${CSS.escape(camera.id)}"]`);
      const before = seen.get(camera.id);
      seen.set(camera.id, camera.picture_at);
      if (picture && before !== undefined && before !== camera.picture_at)
        picture.src = `/api/v1/cameras/${camera.id}/picture.jpg?${Date.parse(camera.picture_at)}`;
      if (card && !picture && camera.picture_at) return location.reload();
    }
  };

  const addForm = (words) => {
    const form = document.getElementById("tc-cam-new");
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = (name) => form.elements[name].value.trim();
      const answer = await send(
        `/cameras/${encodeURIComponent(value("id"))}`,
        "PUT",
        { url: value("url"), credentials: value("credentials") || null },
        { "If-None-Match": "*" },
      );
      if (answer.ok) location.href = `/cameras/${value("id")}`;
      else form.querySelector(".tc-said").textContent = words.failed.replace("#", await why(answer));
    });
  };

  // --- one camera
  const bodyOf = (camera) => {
    const { url, name, kind, credentials, every_s, active, categories, zones, at } = camera;
    const { heading_deg, enabled } = camera;
    return { url, name, kind, credentials, every_s, active, categories, zones, at, heading_deg, enabled };
  };

  const onePage = (words, data) => {
    const camera = data.camera;
    const put = async (change, said) => {
      const body = { ...bodyOf(camera), ...change };
      const answer = await send(`/cameras/${camera.id}`, "PUT", body, { "If-Match": `"${camera.version}"` });
      if (!answer.ok) {
        said.textContent = answer.status === 412 ? words.conflict : words.failed.replace("#", await why(answer));
        return false;
      }
      Object.assign(camera, await answer.json());
      said.textContent = words.saved;
      return true;
    };
    document.getElementById("tc-accept")?.addEventListener("click", async (event) => {
      const answer = await send(`/cameras/${camera.id}/view`, "POST");
      const said = document.getElementById("tc-zone-said");
      said.textContent = answer.ok ? words.accepted : words.failed.replace("#", await why(answer));
      event.target.disabled = answer.ok;
    });
    settings(words, camera, put);
    zones(words, data, camera, put);
  };

  const settings = (words, camera, put) => {
    const form = document.getElementById("tc-cam-settings");
    if (!form) return;
    const said = form.querySelector(".tc-said");
    const value = (name) => form.elements[name].value.trim();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const placed = value("lat") !== "" && value("lon") !== "";
      const url = value("url");
      await put(
        {
          url,
          kind: url === camera.url ? camera.kind : null,
          name: { zh: value("name_zh"), en: value("name_en") },
          credentials: value("credentials") || null,
          every_s: Number(value("every_s")),
          active: value("active").split(/[,，;；\s]+/).filter(Boolean),
          at: placed
            ? { lat: Number(value("lat")), lon: Number(value("lon")), datum: value("datum"), accuracy_m: camera.at?.accuracy_m ?? 10 }
            : null,
          heading_deg: value("heading_deg") === "" ? null : Number(value("heading_deg")),
          enabled: form.elements.enabled.checked,
          categories: [...form.querySelectorAll("[name=category]:checked")].map((box) => box.value),
        },
        said,
      );
    });
    document.getElementById("tc-cam-forget").addEventListener("click", async () => {
      if (!confirm(words.sure)) return;
      const answer = await send(`/cameras/${camera.id}`, "DELETE", undefined, { "If-Match": `"${camera.version}"` });
      if (answer.ok) location.href = "/cameras";
      else said.textContent = words.failed.replace("#", await why(answer));
    });
  };

  // --- zones: corners are buttons over the picture, so that the keyboard reaches them
  const zones = (words, data, camera, put) => {
    const save = document.getElementById("tc-zone-save");
    if (!save) return;
    const stage = document.getElementById("tc-stage");
    const svg = stage.querySelector("svg");
    const list = document.getElementById("tc-zone-list");
    const said = document.getElementById("tc-zone-said");
    const all = structuredClone(camera.zones);
    let chosen = all.length ? 0 : -1;
    let drawing = null;
    const round = (v) => Math.round(Math.min(1, Math.max(0, v)) * 10000) / 10000;
    const at = (event) => {
      const box = stage.getBoundingClientRect();
      return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.height)];
    };
    const changed = () => {
      save.disabled = false;
      draw();
    };
    const shape = (kind, corners, chosenNow) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
      node.setAttribute("points", corners.map((c) => c.join(",")).join(" "));
      if (chosenNow) node.classList.add("chosen");
      return node;
    };
    const outlines = () => {
      svg.replaceChildren(...all.map((zone, n) => shape("polygon", zone.corners, n === chosen)));
      if (drawing) svg.append(shape("polyline", drawing, true));
    };
    const handle = (zone, n) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "tc-handle";
      const place = () => {
        button.style.left = `${zone.corners[n][0] * 100}%`;
        button.style.top = `${zone.corners[n][1] * 100}%`;
      };
      place();
      button.setAttribute("aria-label", `${zone.name}: ${words.corner.replace("#", n + 1)}`);
      const move = (to) => {
        zone.corners[n] = to;
        save.disabled = false;
        place();
        outlines();
      };
      button.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        button.focus();
        button.setPointerCapture(event.pointerId);
        button.onpointermove = (e) => move(at(e));
        button.onpointerup = () => (button.onpointermove = null);
      });
      button.addEventListener("keydown", (event) => {
        const step = event.shiftKey ? 0.05 : 0.01;
        const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
        if (way) {
          event.preventDefault();
          move([round(zone.corners[n][0] + way[0]), round(zone.corners[n][1] + way[1])]);
        } else if (event.key === "Delete" && zone.corners.length > 3) {
          zone.corners.splice(n, 1);
          changed();
        }
      });
      return button;
    };
    const field = (title, control) => {
      const label = document.createElement("label");
      label.append(control);
      control.setAttribute("aria-label", title);
      return label;
    };
    const row = (zone, n) => {
      const box = document.createElement("div");
      box.className = `tc-zone${n === chosen ? " chosen" : ""}`;
      const name = Object.assign(document.createElement("input"), { value: zone.name, maxLength: 64 });
      name.addEventListener("input", () => {
        zone.name = name.value.trim();
        save.disabled = false;
      });
      const kind = document.createElement("select");
      const kinds = { "": words.any_kind, ...data.kinds };
      if (zone.kind && !(zone.kind in kinds)) kinds[zone.kind] = zone.kind;
      for (const [code, word] of Object.entries(kinds)) kind.add(new Option(word, code, false, code === zone.kind));
      kind.addEventListener("change", () => {
        zone.kind = kind.value;
        save.disabled = false;
      });
      const button = (word, act) => {
        const made = Object.assign(document.createElement("button"), { type: "button", textContent: word });
        made.addEventListener("click", act);
        return made;
      };
      const more = button(words.add_corner, () => {
        let best = 0, length = -1;
        zone.corners.forEach((c, i) => {
          const d = zone.corners[(i + 1) % zone.corners.length];
          const far = Math.hypot(d[0] - c[0], d[1] - c[1]);
          if (far > length) [best, length] = [i, far];
        });
        const [a, b] = [zone.corners[best], zone.corners[(best + 1) % zone.corners.length]];
        zone.corners.splice(best + 1, 0, [round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2)]);
        changed();
      });
      const gone = button(words.remove, () => {
        all.splice(n, 1);
        chosen = all.length - 1;
        changed();
      });
      const ticks = document.createElement("details");
      const summary = document.createElement("summary");
      const tell = () => {
        const names = zone.categories.map((code) => data.categories[code] ?? code);
        summary.textContent = `${words.looks_for}: ${names.join(", ") || words.all}`;
      };
      tell();
      ticks.append(summary);
      for (const [code, word] of Object.entries(data.categories)) {
        const tick = Object.assign(document.createElement("input"), { type: "checkbox", checked: zone.categories.includes(code) });
        tick.addEventListener("change", () => {
          zone.categories = zone.categories.filter((other) => other !== code);
          if (tick.checked) zone.categories.push(code);
          save.disabled = false;
          tell();
        });
        const label = document.createElement("label");
        label.className = "tc-check";
        label.append(tick, word);
        ticks.append(label);
      }
      box.addEventListener("focusin", () => {
        if (chosen === n) return;
        chosen = n;
        list.querySelectorAll(".tc-zone").forEach((other, i) => other.classList.toggle("chosen", i === n));
        handles();
        outlines();
      });
      box.append(field(words.name, name), field(words.kind, kind), more, gone, ticks);
      return box;
    };
    const handles = () => {
      stage.querySelectorAll(".tc-handle").forEach((node) => node.remove());
      if (chosen >= 0 && !drawing) all[chosen].corners.forEach((_, n) => stage.append(handle(all[chosen], n)));
    };
    const draw = () => {
      outlines();
      handles();
      list.replaceChildren(...all.map(row));
    };
    const finish = () => {
      if (drawing && drawing.length >= 3) {
        const taken = new Set(all.map((zone) => zone.name));
        let n = all.length + 1;
        while (taken.has(`${words.zone} ${n}`)) n += 1;
        all.push({ name: `${words.zone} ${n}`, kind: "", categories: [], corners: drawing });
        chosen = all.length - 1;
        save.disabled = false;
      }
      drawing = null;
      said.textContent = "";
      stage.classList.remove("drawing");
      draw();
    };
    document.getElementById("tc-zone-new").addEventListener("click", () => {
      drawing = [];
      said.textContent = words.click;
      stage.classList.add("drawing");
      draw();
    });
    stage.addEventListener("click", (event) => {
      if (!drawing) return;
      const here = at(event);
      const first = drawing[0];
      if (drawing.length >= 3 && Math.hypot(first[0] - here[0], first[1] - here[1]) < 0.03) return finish();
      drawing.push(here);
      outlines();
    });
    document.addEventListener("keydown", (event) => {
      if (!drawing) return;
      if (event.key === "Enter") {
        event.preventDefault();
        finish();
      } else if (event.key === "Escape") {
        drawing = [];
        finish();
      }
    });
    save.addEventListener("click", async () => {
      if (await put({ zones: all }, said)) save.disabled = true;
    });
    draw();
  };

  const start = () => {
    const ready = document.getElementById("tc-cameras") && document.querySelector(".tc-main h1");
    if (!ready) return setTimeout(start, 50);
    const [words, data] = [json("tc-words"), json("tc-cameras")];
    if (data.wall) addForm(words);
    else onePage(words, data);
    setInterval(refresh, REFRESH_MS);
  };
  start();
})();
