// Looks closer at the finding in a picture, and back.
window.tcZoom = (frame) => {
  const picture = frame.firstElementChild;
  if (!picture) return;
  const zoomed = frame.classList.toggle("zoomed");
  picture.style.transformOrigin = `${frame.dataset.cx * 100}% ${frame.dataset.cy * 100}%`;
  const dx = (0.5 - frame.dataset.cx) * picture.clientWidth;
  const dy = (0.5 - frame.dataset.cy) * picture.clientHeight;
  picture.style.transform = zoomed ? `translate(${dx}px, ${dy}px) scale(${frame.dataset.zoom})` : "";
};

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "z" || event.key === "Z") document.querySelectorAll(".tc-frame").forEach(window.tcZoom);
});
