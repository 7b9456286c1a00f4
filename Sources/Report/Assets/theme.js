// Colours of what canvases draw, from the style sheet; paper is always light.

let printing = false;

const paperTheme = {
  ground: "#ffffff", ink: "#1a1a1a", soft: "#555555", missing: "#b0b0b0", unchanged: "#d3d3d3", wrong: "#c8102e",
  ring: "#000000", halo: "#ffffff",
};

let cachedTheme = null;

function theme() {
  if (printing) return paperTheme;
  if (!cachedTheme) {
    const style = getComputedStyle(document.documentElement);
    cachedTheme = {};
    for (const name of Object.keys(paperTheme)) cachedTheme[name] = style.getPropertyValue("--" + name).trim();
  }
  return cachedTheme;
}

function watchTheme(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    cachedTheme = null;
    redraw();
  });
  addEventListener("beforeprint", () => {
    printing = true;
    redraw();
  });
  addEventListener("afterprint", () => {
    printing = false;
    redraw();
  });
}
