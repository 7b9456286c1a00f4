// Everything begins here.

document.documentElement.style.setProperty("--aspect", Math.min(2, Math.max(0.6, bounds.width / bounds.height)).toFixed(4));
fillLayers();
fillCells();
startExplorer();
startAttention();
startCharts();
startScan();
selectFirst();
for (const place of document.querySelectorAll("[data-class]")) {
  const entry = classes.find(({ name }) => name === place.dataset.class);
  if (entry) place.prepend(swatch(entry.color));
}
watchTheme(() => {
  for (const panel of panels) panel.draw();
  refillLegends();
  drawGallery();
});
// For scripts that drive the page, tests among them: where a spot lies on the screen.
window.stomicsReport = {
  spotPosition: (canvasID, spot) => panels.find((panel) => panel.canvas.id === canvasID).screenOf(spot),
};
document.documentElement.dataset.ready = "true";
