// What the colours of a map mean.

const legends = [];

function fillLegend(holder, layer) {
  const entry = legends.find((legend) => legend.holder === holder);
  if (entry) entry.layer = layer;
  else legends.push({ holder, layer });
  holder.replaceChildren(make("strong", {}, layer.name));
  if (layer.kind === "classes") holder.append(classLegend(holder, layer));
  else if (layer.kind === "errors") holder.append(errorLegend(layer));
  else holder.append(...valueLegend(layer));
}

function refillLegends() {
  for (const { holder, layer } of legends) fillLegend(holder, layer);
}

function swatch(color) {
  const box = make("span", { class: "swatch", "aria-hidden": "true" });
  box.style.backgroundColor = color;
  return box;
}

/// Buttons: pressing one leaves only its spots in full colour.
function classLegend(holder, layer) {
  const list = make("span", { class: "classes", role: "group", "aria-label": "Show one domain" });
  classes.forEach(({ name, color }, code) => {
    const button = make(
      "button", { type: "button", class: "class", "aria-pressed": String(state.highlighted === code) }, swatch(color), name);
    button.addEventListener("click", () => {
      state.highlighted = state.highlighted === code ? -1 : code;
      refillLegends();
      redraw();
      // The buttons are new ones; the focus stays on the one of the same name.
      holder.querySelector(".classes").children[code].focus();
    });
    list.append(button);
  });
  if (layer.codes.includes(noClass)) list.append(make("span", { class: "class" }, swatch(theme().missing), "no label"));
  return list;
}

function errorLegend(layer) {
  const list = make("span", { class: "classes" });
  errorNames.forEach((name, code) => {
    const count = layer.codes.reduce((sum, found) => sum + (found === code ? 1 : 0), 0);
    if (count > 0 || code < 2) {
      list.append(make("span", { class: "class" }, swatch(errorColors()[code]), name + " (" + format(count) + ")"));
    }
  });
  return list;
}

function valueLegend(layer) {
  const width = 140;
  const bar = make("canvas", { class: "color-bar", "aria-hidden": "true", width: String(width), height: "1" });
  const context = bar.getContext("2d");
  const colors = colorMaps[layer.map];
  for (let x = 0; x < width; x++) {
    context.fillStyle = colors[Math.round((x / (width - 1)) * (colors.length - 1))];
    context.fillRect(x, 0, 1, 1);
  }
  const ends = [(layer.clips && layer.isSigned ? "≤ " : "") + format(layer.low), (layer.clips ? "≥ " : "") + format(layer.high)];
  return [make("span", { class: "scale" }, ends[0], bar, ends[1]), make("span", { class: "unit" }, layer.label || "")];
}
