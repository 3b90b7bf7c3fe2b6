// Boxes drawn by people in the review queue. B draws a new one, E puts the finding's own right:
// by mouse or finger (drag, edges, corners) or by keyboard (arrows move, Shift with arrows sizes,
// Tab goes to the next box, Enter keeps, Esc leaves). What is kept is told to the page as "tcbox".
(() => {
  const SMALLEST = 0.004, STEP = 0.005, FAR = 0.02;
  const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
  let edit = null;
  const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
  const number = (v) => Math.round(v * 1e5) / 1e5;

  const put = (shape) => {
    const [x1, y1, x2, y2] = shape.box;
    Object.assign(shape.node.style, {
      left: `${x1 * 100}%`, top: `${y1 * 100}%`, width: `${(x2 - x1) * 100}%`, height: `${(y2 - y1) * 100}%`,
    });
  };
  const add = (box, id) => {
    const node = document.createElement("div");
    node.className = "tc-edit-box";
    for (const side of SIDES) {
      const handle = document.createElement("i");
      handle.dataset.side = side;
      node.append(handle);
    }
    edit.layer.append(node);
    const shape = { node, box: [...box], id, from: String(box) };
    edit.shapes.push(shape);
    put(shape);
    choose(shape);
    return shape;
  };
  const choose = (shape) => {
    edit.chosen = shape;
    for (const other of edit.shapes) other.node.classList.toggle("chosen", other === shape);
  };
  const at = (event) => {
    const rect = edit.layer.getBoundingClientRect();
    return [clamp((event.clientX - rect.left) / rect.width, 0, 1), clamp((event.clientY - rect.top) / rect.height, 0, 1)];
  };
  const moved = ([x1, y1, x2, y2], dx, dy) => {
    dx = clamp(dx, -x1, 1 - x2);
    dy = clamp(dy, -y1, 1 - y2);
    return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
  };
  const sized = ([x1, y1, x2, y2], side, dx, dy) => {
    if (side.includes("w")) x1 = clamp(x1 + dx, 0, x2 - SMALLEST);
    if (side.includes("e")) x2 = clamp(x2 + dx, x1 + SMALLEST, 1);
    if (side.includes("n")) y1 = clamp(y1 + dy, 0, y2 - SMALLEST);
    if (side.includes("s")) y2 = clamp(y2 + dy, y1 + SMALLEST, 1);
    return [x1, y1, x2, y2];
  };

  const down = (event) => {
    event.preventDefault();
    event.stopPropagation();
    edit.layer.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    const shape = edit.shapes.find((one) => one.node.contains(event.target));
    if (shape) {
      choose(shape);
      edit.drag = { x, y, box: shape.box, side: event.target.dataset.side };
    } else if (edit.kind === "draw") {
      edit.layer.replaceChildren();
      edit.shapes = [];
      add([x, y, x, y], 0);
      edit.drag = { x, y, fresh: true };
    }
  };
  const drag = (event) => {
    if (!edit?.drag || !edit.chosen) return;
    const [x, y] = at(event);
    const { drag: from, chosen } = edit;
    if (from.fresh) chosen.box = [Math.min(x, from.x), Math.min(y, from.y), Math.max(x, from.x), Math.max(y, from.y)];
    else if (from.side) chosen.box = sized(from.box, from.side, x - from.x, y - from.y);
    else chosen.box = moved(from.box, x - from.x, y - from.y);
    put(chosen);
  };
  const up = () => {
    if (!edit?.drag) return;
    const { fresh } = edit.drag;
    edit.drag = null;
    const [x1, y1, x2, y2] = edit.chosen.box;
    if (fresh && Math.min(x2 - x1, y2 - y1) < 0.01) { // a click, not a box
      edit.shapes.pop().node.remove();
      edit.chosen = null;
    } else if (fresh) keep();
  };

  const leave = () => {
    edit?.layer.remove();
    edit?.hint.remove();
    edit = null;
  };
  const keep = () => {
    const { kind, chosen, shapes, frame } = edit;
    const changed = shapes.filter((one) => String(one.box) !== one.from);
    const told = kind === "draw" ? (chosen ? [chosen] : []) : changed;
    if (told.length) {
      const boxes = told.map((one) => ({ id: one.id, box: one.box.map(number) }));
      window.emitEvent("tcbox", { kind, photo: frame.dataset.photo, boxes });
    }
    leave();
  };

  window.tcEdit = (kind) => {
    const all = [...document.querySelectorAll(".tc-frame[data-boxes]")];
    const frame = all[all.length - 1];
    const picture = frame?.firstElementChild;
    if (!picture || edit || picture.clientWidth < 20) return; // not loaded yet
    const own = JSON.parse(frame.dataset.boxes);
    if (kind === "adjust" && !own.length) return;
    const layer = document.createElement("div");
    layer.className = "tc-edit";
    const hint = document.createElement("p");
    hint.className = "tc-edit-hint";
    hint.setAttribute("role", "status");
    hint.textContent = frame.dataset[kind === "draw" ? "drawHint" : "adjustHint"];
    edit = { kind, frame, layer, hint, shapes: [], chosen: null, drag: null };
    picture.append(layer);
    frame.after(hint);
    layer.addEventListener("pointerdown", down);
    layer.addEventListener("pointermove", drag);
    layer.addEventListener("pointerup", up);
    layer.addEventListener("click", (event) => event.stopPropagation());
    if (kind === "adjust") {
      for (const one of own) add(one.box, one.id);
      choose(edit.shapes[0]);
    }
  };

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const keys = (event) => {
    if (!edit || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      if (!edit.chosen) add([0.4, 0.4, 0.6, 0.6], 0);
      const step = event.repeat ? FAR : STEP;
      const [dx, dy] = [arrow[0] * step, arrow[1] * step];
      edit.chosen.box = event.shiftKey ? sized(edit.chosen.box, "se", dx, dy) : moved(edit.chosen.box, dx, dy);
      put(edit.chosen);
    } else if (event.key === "Tab" && edit.shapes.length) {
      const next = edit.shapes.indexOf(edit.chosen) + (event.shiftKey ? -1 : 1);
      choose(edit.shapes.at(next % edit.shapes.length));
    } else if (event.key === "Enter") keep();
    else if (event.key === "Escape") leave();
    else if (/^[z+=\-0]$/i.test(event.key)) return; // zooming goes on
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", keys, true);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey || edit) return;
    if (document.querySelector(".tc-choices")) return; // something is being asked
    if (event.key.toLowerCase() === "b") window.tcEdit("draw");
    if (event.key.toLowerCase() === "e") window.tcEdit("adjust");
  });
})();
