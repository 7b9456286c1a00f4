// The two maps side by side, what steers them, and the small maps of everything below.

function startExplorer() {
  const view = wholeView();
  const first = layerNamed(spots.truth ? "Truth" : "Prediction");
  const second = spots.truth ? layerNamed("Prediction") : layerNamed("Confidence");
  const sides = [["left", first], ["right", second]].map(([side, layer]) => {
    const panel = new MapPanel(document.getElementById(side + "-figure"), side + "-map", view, layer);
    const chooser = document.getElementById(side + "-layer");
    fillLayerSelect(chooser, layer);
    chooser.addEventListener("change", () => panel.setLayer(layerOf(chooser)));
    return { panel, chooser };
  });

  const which = document.getElementById("which-spots");
  for (const name of page.spots.splits.filter((name) => name !== "")) {
    which.append(make("option", { value: name }, name + " spots"));
  }
  which.addEventListener("change", () => {
    state.which = which.value;
    redraw();
  });
  for (const [id, key] of [["image-opacity", "imageOpacity"], ["spot-size", "spotScale"]]) {
    const slider = document.getElementById(id);
    if (!slider) continue;
    slider.addEventListener("input", () => {
      state[key] = Number(slider.value);
      redraw();
    });
  }
  document.getElementById("save-map").addEventListener("click", () => {
    const link = make("a", { download: page.fileName + "-map.png", href: sides[0].panel.canvas.toDataURL("image/png") });
    link.click();
  });
  selectionListeners.push((spot) => showDetails(spot));
  fillGallery(sides[1]);
  if (tissue) {
    tissue.addEventListener("load", () => {
      redraw();
      drawGallery();
    });
    tissue.src = page.image.href;
  }
}

const gallery = [];

/// A small map of every layer; pressing one shows it in the map at the right.
function fillGallery({ panel, chooser }) {
  const holder = document.getElementById("gallery");
  for (const layer of layers) {
    if (layer.isExtra) continue;
    const canvas = make("canvas", { "aria-hidden": "true" });
    const button = make("button", { type: "button", class: "thumbnail", title: "Show in the map at the right" }, canvas,
      make("span", {}, layer.name));
    button.addEventListener("click", () => {
      chooser.value = layer.id;
      panel.setLayer(layer);
      panel.canvas.scrollIntoView({ block: "nearest" });
    });
    holder.append(button);
    gallery.push({ canvas, layer });
  }
  drawGallery();
}

function drawGallery() {
  const height = 132;
  const width = Math.round(Math.min(220, Math.max(90, (height * bounds.width) / bounds.height)));
  for (const { canvas, layer } of gallery) {
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    drawLayer(prepareCanvas(canvas, width, height), layer, wholeView(), width, height, { imageOpacity: 0, spotScale: 1.4 });
  }
}
