// A map that is hovered, clicked, zoomed and moved, by mouse, finger or keys.

const state = { hover: -1, selected: -1, which: "all", highlighted: -1, imageOpacity: 0.5, spotScale: 1 };
const panels = [];

/// Whether a spot keeps its full colour.
function isShown(spot) {
  if (state.which !== "all" && page.spots.splits[spots.split[spot]] !== state.which) return false;
  return state.highlighted < 0 || spots.prediction[spot] === state.highlighted ||
    (spots.truth && spots.truth[spot] === state.highlighted);
}

let redrawAsked = false;

function redraw() {
  if (redrawAsked) return;
  redrawAsked = true;
  requestAnimationFrame(() => {
    redrawAsked = false;
    for (const panel of panels) panel.draw();
  });
}

function hover(spot, panel, anchor) {
  if (state.hover !== spot) {
    state.hover = spot;
    redraw();
  }
  if (spot < 0) hideTooltip();
  else showTooltip(spotSummary(spot, panel.layer), anchor || panel.screenOf(spot));
}

const selectionListeners = [];

function select(spot, panel) {
  state.selected = spot;
  for (const listener of selectionListeners) listener(spot, panel);
  redraw();
}

class MapPanel {
  /// - view: shared by panels that move together
  constructor(figure, name, view, layer) {
    this.figure = figure;
    this.view = view;
    this.layer = layer;
    this.overlay = null;
    this.canvas = make("canvas", {
      id: name, tabindex: "0", role: "application", "aria-roledescription": "map", "aria-describedby": "map-help",
    });
    this.legend = make("figcaption", { class: "legend" });
    const holder = make("div", { class: "map-holder" }, this.canvas, this.buttons());
    figure.append(holder, this.legend);
    this.holder = holder;
    this.listen();
    panels.push(this);
    new ResizeObserver(() => redraw()).observe(holder);
    this.setLayer(layer);
  }

  setLayer(layer) {
    this.layer = layer;
    this.canvas.setAttribute("aria-label", "Map: " + layer.name);
    fillLegend(this.legend, layer);
    redraw();
  }

  buttons() {
    const group = make("div", { class: "map-buttons", role: "group", "aria-label": "Zoom" });
    for (const [sign, label, action] of [
      ["+", "Zoom in", () => this.zoom(1.5)], ["−", "Zoom out", () => this.zoom(1 / 1.5)],
      ["⟲", "Show the whole slice", () => this.reset()],
    ]) {
      const button = make("button", { type: "button", "aria-label": label, title: label }, sign);
      button.addEventListener("click", action);
      group.append(button);
    }
    return group;
  }

  get size() {
    return { width: this.holder.clientWidth || 400, height: this.holder.clientHeight || 300 };
  }

  draw() {
    const { width, height } = this.size;
    const context = prepareCanvas(this.canvas, width, height);
    // On paper nothing can be moved: the whole slice is shown, but where lines between neighbours are to be seen.
    const view = printing && !this.overlay ? wholeView() : this.view;
    // A finger scrolls the page past the whole slice, and moves what is enlarged.
    this.canvas.style.touchAction = this.view.zoom > 1 ? "none" : "pan-y";
    const drawn = drawLayer(context, this.layer, view, width, height, {
      imageOpacity: state.imageOpacity, spotScale: state.spotScale, shows: isShown,
    });
    if (this.overlay) this.overlay(context, drawn);
    if (state.selected >= 0) drawRing(context, state.selected, drawn, 2.5);
    if (state.hover >= 0 && !printing) drawRing(context, state.hover, drawn, 1.2);
  }

  /// Where a spot lies on the screen.
  screenOf(spot) {
    const { width, height } = this.size;
    const place = placement(this.view, width, height);
    const box = this.canvas.getBoundingClientRect();
    return { x: box.left + spots.x[spot] * place.scale + place.x, y: box.top + spots.y[spot] * place.scale + place.y };
  }

  /// The coordinates under a point of the screen.
  pointAt(event) {
    const { width, height } = this.size;
    const place = placement(this.view, width, height);
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left - place.x) / place.scale, y: (event.clientY - box.top - place.y) / place.scale,
      scale: place.scale,
    };
  }

  spotUnder(event) {
    const point = this.pointAt(event);
    return spotAt(point.x, point.y, Math.max(0.75 * spots.diameter, 5 / point.scale));
  }

  /// Zooms so that what lies under `point` stays there.
  zoom(factor, point = this.view) {
    const zoom = Math.min(60, Math.max(1, this.view.zoom * factor));
    const share = 1 - this.view.zoom / zoom;
    this.view.x += (point.x - this.view.x) * share;
    this.view.y += (point.y - this.view.y) * share;
    this.view.zoom = zoom;
    this.keepInside();
    redraw();
  }

  move(dx, dy) {
    const { width, height } = this.size;
    const { scale } = placement(this.view, width, height);
    this.view.x -= dx / scale;
    this.view.y -= dy / scale;
    this.keepInside();
    redraw();
  }

  reset() {
    Object.assign(this.view, wholeView());
    redraw();
  }

  /// Shows a spot in the middle, at least `zoom` times enlarged.
  centre(spot, zoom) {
    if (Number.isNaN(spots.x[spot])) return;
    this.view.x = spots.x[spot];
    this.view.y = spots.y[spot];
    this.view.zoom = Math.max(this.view.zoom, zoom);
    redraw();
  }

  keepInside() {
    const whole = wholeView();
    if (this.view.zoom <= 1) Object.assign(this.view, whole);
    this.view.x = Math.min(bounds.left + bounds.width, Math.max(bounds.left, this.view.x));
    this.view.y = Math.min(bounds.top + bounds.height, Math.max(bounds.top, this.view.y));
  }

  listen() {
    const canvas = this.canvas;
    const pointers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event);
      moved = 0;
      try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) {
        hover(this.spotUnder(event), this, { x: event.clientX, y: event.clientY });
        return;
      }
      if (pointers.size === 2) {
        const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
        const length = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
        this.zoom(length(event) / Math.max(1, length(last)), this.pointAt(other));
        moved = Infinity;
      } else {
        moved += Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY);
        if (moved > 4) {
          canvas.classList.add("dragging");
          hideTooltip();
          this.move(event.clientX - last.clientX, event.clientY - last.clientY);
        }
      }
      pointers.set(event.pointerId, event);
    });
    const release = (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("dragging");
    };
    canvas.addEventListener("pointerup", (event) => {
      const wasDown = pointers.has(event.pointerId);
      release(event);
      if (wasDown && moved <= 4) select(this.spotUnder(event), this);
    });
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => {
      if (pointers.size === 0) hover(-1, this);
    });
    canvas.addEventListener("blur", () => hover(-1, this));
    canvas.addEventListener("wheel", (event) => {
      const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002));
      // The whole slice is in sight: the wheel scrolls the page.
      if (this.view.zoom <= 1 && factor < 1) return;
      event.preventDefault();
      this.zoom(factor, this.pointAt(event));
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => this.zoom(2, this.pointAt(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) {
      this.move(-60 * arrow[0], -60 * arrow[1]);
    } else if (arrow) {
      this.focusSpot(this.nextSpot(arrow));
    } else if (event.key === "Enter" || event.key === " ") {
      select(state.hover >= 0 ? state.hover : this.nextSpot([0, 0]), this);
    } else if (event.key === "+" || event.key === "=") {
      this.zoom(1.5);
    } else if (event.key === "-" || event.key === "_") {
      this.zoom(1 / 1.5);
    } else if (event.key === "0") {
      this.reset();
    } else if (event.key === "Escape") {
      hover(-1, this);
      select(-1, this);
    } else {
      return;
    }
    event.preventDefault();
  }

  /// The spot that an arrow leads to from the one in focus; without one, that in the middle of the view.
  nextSpot([dx, dy]) {
    const from = state.hover >= 0 ? state.hover : state.selected;
    if (from < 0 || (dx === 0 && dy === 0)) return spotAt(this.view.x, this.view.y, bounds.width + bounds.height);
    const next = spotTowards({ x: spots.x[from], y: spots.y[from] }, dx, dy);
    return next < 0 ? from : next;
  }

  focusSpot(spot) {
    if (spot < 0) return;
    const { width, height } = this.size;
    const box = this.canvas.getBoundingClientRect();
    const at = this.screenOf(spot);
    if (at.x < box.left || at.x > box.left + width || at.y < box.top || at.y > box.top + height) this.centre(spot, 1);
    hover(spot, this);
    document.getElementById("announce").textContent = spotSentence(spot, this.layer);
  }
}
