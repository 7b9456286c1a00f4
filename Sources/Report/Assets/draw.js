// Drawing spots and the tissue image on a canvas.

const tissue = page.image ? new Image() : null;
const bounds = spotBounds();

/// The box of all spots with a margin of a spot's diameter.
function spotBounds() {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let i = 0; i < spotCount; i++) {
    if (Number.isNaN(spots.x[i]) || Number.isNaN(spots.y[i])) continue;
    left = Math.min(left, spots.x[i]);
    right = Math.max(right, spots.x[i]);
    top = Math.min(top, spots.y[i]);
    bottom = Math.max(bottom, spots.y[i]);
  }
  const margin = 1.2 * spots.diameter;
  if (!(left <= right)) return { left: 0, top: 0, width: 1, height: 1 };
  return { left: left - margin, top: top - margin, width: right - left + 2 * margin, height: bottom - top + 2 * margin };
}

/// Where a view puts the tissue: `scale` CSS pixels a unit of the coordinates, and the offsets of its origin.
function placement(view, width, height) {
  const fit = Math.min(width / bounds.width, height / bounds.height);
  const scale = fit * view.zoom;
  return { scale, x: width / 2 - view.x * scale, y: height / 2 - view.y * scale };
}

function wholeView() {
  return { zoom: 1, x: bounds.left + bounds.width / 2, y: bounds.top + bounds.height / 2 };
}

/// Fits a canvas to its place on the page, sharp on every screen.
function prepareCanvas(canvas, width, height) {
  const ratio = printing ? 3 : Math.max(1, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/// Draws a layer. `shows(spot)` says which spots keep their full colour.
function drawLayer(context, layer, view, width, height, options) {
  const place = placement(view, width, height);
  context.fillStyle = theme().ground;
  context.fillRect(0, 0, width, height);
  if (tissue && tissue.complete && options.imageOpacity > 0) {
    context.globalAlpha = options.imageOpacity;
    context.drawImage(
      tissue, page.image.x * place.scale + place.x, page.image.y * place.scale + place.y,
      page.image.width * place.scale, page.image.height * place.scale);
    context.globalAlpha = 1;
  }
  const radius = Math.max(0.6, 0.5 * spots.diameter * place.scale * options.spotScale);
  const { colors, codes } = paint(layer);
  const faint = new Set();
  const groups = colors.map(() => []);
  for (let i = 0; i < spotCount; i++) {
    if (options.shows && !options.shows(i)) faint.add(i);
    groups[codes[i]].push(i);
  }
  for (const part of faint.size ? ["faint", "full"] : ["full"]) {
    context.globalAlpha = part === "faint" ? 0.12 : 1;
    for (let c = 0; c < colors.length; c++) {
      context.fillStyle = colors[c];
      context.beginPath();
      for (const i of groups[c]) {
        if (faint.has(i) !== (part === "faint")) continue;
        const x = spots.x[i] * place.scale + place.x;
        const y = spots.y[i] * place.scale + place.y;
        if (!(x > -radius && x < width + radius && y > -radius && y < height + radius)) continue;
        if (radius < 1.2) {
          context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
        } else {
          context.moveTo(x + radius, y);
          context.arc(x, y, radius, 0, 2 * Math.PI);
        }
      }
      context.fill();
    }
  }
  context.globalAlpha = 1;
  return { place, radius };
}

function drawRing(context, spot, { place, radius }, width) {
  const x = spots.x[spot] * place.scale + place.x;
  const y = spots.y[spot] * place.scale + place.y;
  for (const [color, line] of [[theme().halo, width + 2.5], [theme().ring, width]]) {
    context.strokeStyle = color;
    context.lineWidth = line;
    context.beginPath();
    context.arc(x, y, Math.max(radius, 3) + 1.5, 0, 2 * Math.PI);
    context.stroke();
  }
}

// MARK: Which spot lies where

const cells = new Map();
const cellSize = Math.max(spots.diameter * 2, Math.sqrt((bounds.width * bounds.height) / Math.max(1, spotCount)) * 1.5);

function fillCells() {
  for (let i = 0; i < spotCount; i++) {
    if (Number.isNaN(spots.x[i]) || Number.isNaN(spots.y[i])) continue;
    const key = Math.floor(spots.x[i] / cellSize) + ":" + Math.floor(spots.y[i] / cellSize);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(i);
  }
}

/// The spot nearest to a point, none farther than `limit`; -1 for none.
function spotAt(x, y, limit) {
  let best = -1;
  let least = limit;
  const reach = Math.ceil(limit / cellSize);
  const column = Math.floor(x / cellSize);
  const row = Math.floor(y / cellSize);
  for (let c = column - reach; c <= column + reach; c++) {
    for (let r = row - reach; r <= row + reach; r++) {
      for (const i of cells.get(c + ":" + r) || []) {
        const distance = Math.hypot(spots.x[i] - x, spots.y[i] - y);
        if (distance <= least) {
          least = distance;
          best = i;
        }
      }
    }
  }
  return best;
}

/// The next spot in a direction: near, and not far off the straight line; -1 for none.
function spotTowards(from, dx, dy) {
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < spotCount; i++) {
    const along = (spots.x[i] - from.x) * dx + (spots.y[i] - from.y) * dy;
    const across = Math.abs((spots.x[i] - from.x) * dy - (spots.y[i] - from.y) * dx);
    if (!(along > 1e-9) || across > 1.2 * along) continue;
    const cost = along + 2 * across;
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  return best;
}
