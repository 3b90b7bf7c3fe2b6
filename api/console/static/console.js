// Looks closer at a picture: Z or a click goes to the finding and back; in the review queue the
// wheel, +, − and 0 zoom about the pointer and dragging moves the picture.
(() => {
  const LARGEST = 8;
  const views = new WeakMap();
  const viewOf = (frame) => views.get(frame) ?? { scale: 1, x: 0, y: 0 };

  const show = (frame, view) => {
    const picture = frame.firstElementChild;
    if (!picture) return;
    const near = view.scale > 1.01;
    views.set(frame, near ? view : { scale: 1, x: 0, y: 0 });
    frame.classList.toggle("zoomed", near);
    picture.style.transformOrigin = "0 0";
    picture.style.transform = near ? `translate(${view.x}px, ${view.y}px) scale(${view.scale})` : "";
  };

  const zoom = (frame, times, at) => {
    const picture = frame.firstElementChild;
    if (!picture) return;
    const view = viewOf(frame);
    const scale = Math.min(LARGEST, Math.max(1, view.scale * times));
    const rect = picture.getBoundingClientRect();
    const left = rect.left - view.x, top = rect.top - view.y;
    const point = at ?? { x: left + picture.clientWidth / 2, y: top + picture.clientHeight / 2 };
    const grow = scale / view.scale;
    const x = point.x - left - (point.x - left - view.x) * grow;
    const y = point.y - top - (point.y - top - view.y) * grow;
    show(frame, { scale, x, y });
  };

  window.tcZoom = (frame) => {
    const picture = frame.firstElementChild;
    if (!picture || frame.dataset.moved) return;
    const { cx, cy, zoom: scale } = frame.dataset;
    if (viewOf(frame).scale > 1) return show(frame, { scale: 1, x: 0, y: 0 });
    const x = picture.clientWidth * (0.5 - cx * scale), y = picture.clientHeight * (0.5 - cy * scale);
    show(frame, { scale: Number(scale), x, y });
  };

  const frames = () => document.querySelectorAll(".tc-review .tc-frame");
  document.addEventListener("wheel", (event) => {
    const frame = event.target.closest?.(".tc-review .tc-frame");
    if (!frame) return;
    event.preventDefault();
    zoom(frame, event.deltaY < 0 ? 1.2 : 1 / 1.2, { x: event.clientX, y: event.clientY });
  }, { passive: false });

  let held = null;
  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.(".tc-frame.zoomed");
    if (!frame || event.target.closest(".tc-edit")) return;
    delete frame.dataset.moved;
    held = { frame, view: viewOf(frame), x: event.clientX, y: event.clientY };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (Math.hypot(dx, dy) > 4) held.frame.dataset.moved = "yes";
    if (held.frame.dataset.moved) {
      show(held.frame, { scale: held.view.scale, x: held.view.x + dx, y: held.view.y + dy });
    }
  });
  document.addEventListener("pointerup", () => {
    const frame = held?.frame;
    held = null;
    if (frame) setTimeout(() => delete frame.dataset.moved, 0); // the click that ends a drag is none
  });

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z") document.querySelectorAll(".tc-frame").forEach(window.tcZoom);
    if (key === "+" || key === "=") frames().forEach((frame) => zoom(frame, 1.4));
    if (key === "-") frames().forEach((frame) => zoom(frame, 1 / 1.4));
    if (key === "0") frames().forEach((frame) => show(frame, { scale: 1, x: 0, y: 0 }));
  });

  // The menu closes by Esc and by a click beside it.
  document.addEventListener("click", (event) => {
    const menu = document.querySelector(".tc-more-menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".tc-more-menu[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // Quasar's uploader nests a field without a name in a link without one: the field is enough.
  const mend = () => {
    for (const field of document.querySelectorAll(".tc-file input[type=file]:not([aria-label])")) {
      field.setAttribute("aria-label", field.closest(".tc-file").innerText.split("\n")[0]);
      field.tabIndex = 0;
      const link = field.closest("a");
      link?.removeAttribute("tabindex");
      link?.removeAttribute("role");
    }
  };
  new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
})();
