// Areas and issues on a Leaflet map; everything comes from our own API.
window.tcMap = async (map, options) => {
  const L = window.L;
  const text = (value) => {
    const span = document.createElement("span");
    span.textContent = value ?? "";
    return span.innerHTML;
  };
  const json = async (url) => (await fetch(url, { headers: { Accept: "application/geo+json" } })).json();
  L.control.scale({ imperial: false }).addTo(map);
  const areas = await json("/api/v1/areas.geojson");
  const zh = options.lang === "zh";
  const name = (p) => (zh ? p.name_zh || p.name_en : p.name_en || p.name_zh);
  const levels = new Set(areas.features.map((feature) => feature.properties.level));
  const deepest = ["grid", "community", "street", "city"].find((level) => levels.has(level));
  map.createPane("areas").style.zIndex = 350;
  map.createPane("names").style.zIndex = 360;
  const ground = L.geoJSON(areas, {
    pane: "areas",
    interactive: false,
    style: (feature) => ({
      color: "#8fa398", weight: feature.properties.level === "grid" ? 1 : 2,
      fillColor: "#f8faf7", fillOpacity: feature.properties.level === "grid" ? 0.9 : 0.55,
    }),
    onEachFeature: (feature, layer) => {
      if (feature.properties.level !== deepest) return; // names of nested areas would lie on each other
      const bounds = layer.getBounds();
      L.tooltip([bounds.getNorth(), bounds.getCenter().lng], {
        content: text(name(feature.properties)), pane: "names", permanent: true,
        direction: "bottom", offset: [0, 2], className: "tc-area-label",
      }).addTo(map);
    },
  }).addTo(map);

  const section = (p) => {
    const picture = p.best?.url ? `<img src="${p.best.url}?width=320&boxes=true&issue=${p.number}" alt="">` : "";
    const fixed = p.proposal === "fixed" ? ` · ${text(options.words.fixed)}` : "";
    const back = p.recurrences ? `<p>${text(options.words.back.replace("#", p.recurrences))}</p>` : "";
    const unit = p.area ? `<p>${text(name(p.area))} · ${text(zh ? p.area.unit_zh : p.area.unit_en)}</p>` : "";
    return `<section><a href="/issues/${p.number}">${picture}${text(zh ? p.category.zh : p.category.en)}</a>
      <p>${text(options.words.statuses[p.status])}${fixed}</p>${unit}${back}
      <p><a href="/issues/${p.number}">${text(p.number)}</a></p></section>`;
  };
  const issues = [];
  let cursor = "", unplaced = 0;
  do {
    const wanted = Object.keys(options.colours).map((status) => `&status=${status}`).join("");
    const page = await json(`/api/v1/issues.geojson?limit=2000${wanted}${cursor}`);
    for (const feature of page.features) {
      if (feature.geometry) issues.push({ ...feature.properties, at: [...feature.geometry.coordinates].reverse() });
      else unplaced += 1;
    }
    cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
  } while (cursor && issues.length < 20000);

  // One point for all issues within about ten metres, in the colour of the most pressing.
  const pressing = ["reopened", "confirmed", "candidate", "closed"];
  const points = L.layerGroup().addTo(map);
  const legend = document.getElementById("tc-legend");
  const show = () => {
    const chosen = new Set([...(legend?.querySelectorAll("input:checked") ?? [])].map((box) => box.value));
    const groups = new Map();
    for (const issue of issues.filter((one) => chosen.has(one.status))) {
      const key = issue.at.map((degrees) => degrees.toFixed(4)).join();
      groups.set(key, [...(groups.get(key) ?? []), issue]);
    }
    points.clearLayers();
    for (const group of groups.values()) {
      group.sort((a, b) => pressing.indexOf(a.status) - pressing.indexOf(b.status));
      const fixed = group.every((issue) => issue.proposal === "fixed");
      const point = L.circleMarker(group[0].at, {
        radius: group.length > 1 ? 11 : 8, color: "#fff", weight: 2,
        fillColor: options.colours[group[0].status], fillOpacity: fixed ? 0.45 : 0.95,
      });
      point.bindPopup(() => `<div class="tc-popup">${group.map(section).join("")}</div>`, { minWidth: 220 });
      if (group.length > 1) {
        point.bindTooltip(String(group.length), { permanent: true, direction: "center", className: "tc-count" });
      }
      points.addLayer(point);
    }
  };
  legend?.addEventListener("change", show);
  show();
  const note = document.getElementById("tc-unplaced");
  if (note && unplaced) note.textContent = note.dataset.text.replace("#", unplaced);
  const bounds = L.latLngBounds(issues.map((issue) => issue.at));
  if (!bounds.isValid() && ground.getLayers().length) bounds.extend(ground.getBounds());
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { maxZoom: 18 });
  document.body.dataset.mapReady = "yes";
};
