// One photo, its place, a note. What can't be sent now waits in IndexedDB on this phone.
(() => {
  const words = JSON.parse(document.getElementById("tc-words").textContent);
  const by = (id) => document.getElementById(id);
  const filled = (word, value) => words[word].replace("#", value);
  const given = new URLSearchParams(location.hash.slice(1)).get("k");
  if (given) {
    sessionStorage.setItem("tc-key", given);
    history.replaceState(null, "", location.pathname); // the key leaves the address bar
  }
  const key = () => sessionStorage.getItem("tc-key");
  let place = null;

  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("tidycity-snap", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("waiting", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const store = async (mode, act) => {
    const shelf = (await opened).transaction("waiting", mode).objectStore("waiting");
    return new Promise((resolve, reject) => {
      const asked = act(shelf);
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  };
  const count = async () => {
    const n = await store("readonly", (shelf) => shelf.count());
    by("tc-kept").hidden = !n;
    by("tc-kept").textContent = filled("kept", n);
  };

  const send = async (snap) => {
    const form = new FormData();
    form.append("photos", snap.photo, snap.name);
    if (snap.note) form.append("note", snap.note);
    if (snap.place) for (const [name, value] of Object.entries(snap.place)) form.append(name, value);
    const headers = { "Idempotency-Key": snap.id };
    if (key()) headers.Authorization = `Bearer ${key()}`;
    const answer = await fetch("/api/v1/photos", { method: "POST", body: form, headers });
    if (answer.status === 401 || answer.status === 403) throw Object.assign(new Error(words.nokey), { refused: true });
    if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
    if (!answer.ok) throw Object.assign(new Error((await answer.json()).detail), { refused: true });
  };
  let draining = false;
  const drain = async () => {
    if (draining) return;
    draining = true;
    try {
      for (const snap of await store("readonly", (shelf) => shelf.getAll())) {
        await send(snap);
        await store("readwrite", (shelf) => shelf.delete(snap.id));
        by("tc-told").textContent = words.sent;
      }
    } catch (error) {
      by("tc-told").textContent = error.refused ? filled("failed", error.message) : words.later;
    } finally {
      draining = false;
      await count();
    }
  };

  by("tc-photo").addEventListener("change", () => {
    const [file] = by("tc-photo").files;
    if (!file) return;
    by("tc-preview").src = URL.createObjectURL(file);
    by("tc-preview").hidden = false;
    by("tc-told").textContent = "";
    if (!navigator.geolocation) return void (by("tc-place").textContent = words.none);
    by("tc-place").textContent = words.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        place = { lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 10000), datum: "wgs84" };
        by("tc-place").textContent = filled("found", Math.round(coords.accuracy));
      },
      () => { place = null; by("tc-place").textContent = words.none; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
    );
  });
  by("tc-snap").addEventListener("submit", async (event) => {
    event.preventDefault();
    const [photo] = by("tc-photo").files;
    if (!photo) return;
    by("tc-told").textContent = words.sending;
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
    const snap = { id, photo, name: photo.name, note: by("tc-note").value.trim(), place };
    await store("readwrite", (shelf) => shelf.put(snap));
    by("tc-snap").reset();
    by("tc-preview").hidden = true;
    await drain();
  });
  addEventListener("online", drain);
  drain();
})();
