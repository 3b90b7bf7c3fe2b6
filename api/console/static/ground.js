// Rounds and cells on a Leaflet map; borders and cells come from our own API.
(() => {
  const json = async (url) =>
    (await fetch(url, { headers: { Accept: "application/geo+json" } })).json();
  const ground = async (map) => {
    const L = window.L;
    L.control.scale({ imperial: false }).addTo(map);
    map.createPane("areas").style.zIndex = 350;
    const style = { color: "#8fa398", weight: 1, fillColor: "#f8faf7", fillOpacity: 0.6 };
    return L.geoJSON(await json("/api/v1/areas.geojson"), {
      pane: "areas", interactive: false, style,
    }).addTo(map);
  };

  window.tcRound = async (map, options) => {
    const L = window.L;
    await ground(map);
    if (options.walk) L.polyline(options.stops, { color: "#2a6fc4", weight: 3, opacity: 0.5 }).addTo(map);
    options.stops.forEach((at, n) => {
      const point = L.circleMarker(at, {
        radius: 11, color: "#fff", weight: 2, fillColor: n ? "#d98312" : "#c23a2b", fillOpacity: 0.95,
      }).addTo(map);
      point.bindTooltip(String(n + 1), { permanent: true, direction: "center", className: "tc-count" });
      point.on("click", () => {
        document.querySelectorAll(".tc-stop")[n]?.scrollIntoView({ behavior: "smooth" });
      });
    });
    map.fitBounds(L.latLngBounds(options.stops).pad(0.2), { maxZoom: 17 });
    document.body.dataset.mapReady = "yes";
  };

  const STATES = { problem: "#c23a2b", nothing_found: "#2f9673", unusable: "#b9a54a", not_observed: "#9aa3a0" };
  const heat = (share) => `hsl(${Math.round(52 - 52 * share)} 85% ${Math.round(62 - 22 * share)}%)`;
  window.tcCells = async (map, options) => {
    const L = window.L;
    const borders = await ground(map);
    const cells = await json(options.url);
    const most = Math.max(1, ...cells.features.map((cell) => cell.properties.issues ?? 0));
    const colour = (p) => (p.state ? STATES[p.state] : heat(Math.sqrt(p.issues / most)));
    const layer = L.geoJSON(cells, {
      style: ({ properties: p }) => ({
        color: "#fff", weight: 0.5, fillColor: colour(p),
        fillOpacity: p.state === "not_observed" ? 0.25 : 0.7,
      }),
      onEachFeature: ({ properties: p }, one) => {
        const lines = p.state
          ? [options.words[p.state], `${p.looks} ${options.words.photos}`, (p.last_at ?? "").slice(0, 10)]
          : [`${p.issues} ${options.words.issues}`, `${p.returned} ${options.words.returned}`,
             `${p.open} ${options.words.open}`];
        const box = document.createElement("div");
        lines.filter(Boolean).forEach((text) => box.appendChild(document.createElement("p")).append(text));
        one.bindPopup(box);
      },
    }).addTo(map);
    const bounds = layer.getLayers().length ? layer.getBounds() : borders.getBounds();
    if (bounds.isValid()) map.fitBounds(bounds.pad(0.1), { maxZoom: 16 });
    document.body.dataset.mapReady = "yes";
  };
})();
