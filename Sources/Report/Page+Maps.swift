import StomicsCore

extension RunReport {
  /// Title, what it is about, and the numbers one asks for first.
  var summary: HTML {
    let test = scores.test
    var cards: [(String, String)] = [
      ("spots", spots.count.grouped), ("domains", "\(spots.probabilities.columns)"),
      ("test spots", test.spotCount.grouped), ("ARI of the test spots", score(test.ari)),
    ]
    let better = bestControl
    if let better { cards.append(("ARI from position alone", score(better.scores.ari))) }
    cards += [("accuracy", score(test.accuracy)), ("calibration error", score(test.ece))]
    let items = cards.map { name, value -> HTML in "<li><b>\(value)</b><span>\(name)</span></li>" }
    let lead = record.model.map { "\($0.name): \($0.value)" }.joined(separator: " · ")
    return """
      <header>
      <h1>\(title)</h1>
      <p class="lead">\(lead)</p>
      <ul class="cards">\(items)</ul>
      \(verdict)
      </header>
      """
  }

  /// The maps one can hover, zoom and click.
  var maps: HTML? {
    let opacity: HTML =
      picture == nil
      ? ""
      : """
      <label for="image-opacity">Tissue image
      <input type="range" id="image-opacity" min="0" max="1" step="0.05" value="0.5"></label>
      """
    func figure(_ side: String, _ word: String) -> HTML {
      """
      <figure class="map" id="\(side)-figure"><label for="\(side)-layer">\(word) <select id="\(side)-layer"></select></label></figure>
      """
    }
    return """
      <p class="help" id="map-help">Point at a spot to see its numbers; click it to keep them. The wheel, a double click or
      + and − zoom, dragging or Shift with an arrow key moves, 0 shows the whole slice. Arrow keys go from spot to spot,
      Enter chooses, Escape lets go. Both maps move together.</p>
      <div class="toolbar" role="group" aria-label="Settings of the maps">
      <label for="which-spots">Spots in full colour
      <select id="which-spots"><option value="all">all spots</option></select></label>
      \(opacity)
      <label for="spot-size">Spot size
      <input type="range" id="spot-size" min="0.3" max="2" step="0.05" value="1"></label>
      <button type="button" id="save-map">Save the left map as PNG</button>
      </div>
      <div class="explorer">
      \(figure("left", "Left"))
      \(figure("right", "Right"))
      <aside class="details" id="spot-details" aria-live="polite" aria-label="The spot that was chosen"></aside>
      </div>
      <h3>All maps</h3>
      <div class="gallery" id="gallery"></div>
      """
  }

  /// Counts of the spots.
  var quality: HTML? {
    let layers = layers.filter { $0.group == .quality }
    guard !layers.isEmpty else { return nil }
    let rows = layers.map { layer -> HTML in
      let values = layer.values.filter(\.isFinite).map(Double.init).sorted()
      guard !values.isEmpty else {
        return "<tr><th scope=\"row\">\(layer.name)</th><td colspan=\"5\">no number</td></tr>"
      }
      let cells = [0, 0.05, 0.5, 0.95, 1].map { share -> HTML in
        "<td class=\"number\">\(count(quantile(values, share)))</td>"
      }
      return "<tr><th scope=\"row\">\(layer.name)</th>\(cells)</tr>"
    }
    return """
      <div class="charts" id="quality-charts"></div>
      <div class="scroll"><table>
      <caption>Of the \(spots.count.grouped) spots of the run.</caption>
      <thead><tr><th scope="col"></th><th scope="col" class="number">smallest</th><th scope="col" class="number">5 %</th>
      <th scope="col" class="number">median</th><th scope="col" class="number">95 %</th>
      <th scope="col" class="number">largest</th></tr></thead>
      <tbody>\(rows)</tbody></table></div>
      """
  }

  /// Whom spots listen to.
  var attentionSection: HTML? {
    guard !attention.isEmpty else { return nil }
    return """
      <p>A spot's embedding is mixed from those of its neighbours; the weights, which sum to 1, say whom it listens to.
      Lines are as wide as the weights. “Times an equal share” is 1 where a spot listens to all alike. Attention shows what
      the model reads, not what causes a domain. The first spot shown is the one the model is least sure of.</p>
      <div class="toolbar"><label for="attention-layer">Layer of the model (mean of its heads)
      <select id="attention-layer"></select></label></div>
      <div class="side even">
      <figure class="map" id="attention-figure"></figure>
      <div>
      <p id="attention-caption" aria-live="polite"></p>
      <div class="scroll"><table class="listens">
      <thead><tr><th scope="col">listens to</th><th scope="col">domain</th><th scope="col" class="number">weight</th>
      <th scope="col" class="number">times an equal share</th><th scope="col" aria-hidden="true"></th></tr></thead>
      <tbody id="attention-rows"></tbody></table></div>
      </div></div>
      """
  }

  /// What happens when genes are edited.
  var perturbation: HTML? {
    guard let scan else { return nil }
    let domains: HTML =
      scan.domains.isEmpty
      ? ""
      : """
      <label class="inline" for="scan-domain">Rank for
      <select id="scan-domain"><option value="-1">all domains</option></select></label>
      """
    return """
      <p>\(scan.summary) These are the model's responses to edited counts. They say what the model reads, not what the
      gene does in the tissue. Ranked for a domain, the genes come first whose edit takes most of its probability away.</p>
      <div class="scan-controls">\(domains)<label class="inline" for="scan-search">Find a gene
      <input type="search" id="scan-search" autocomplete="off" spellcheck="false"></label>
      <span id="scan-count" role="status"></span></div>
      <div class="scroll"><table><thead><tr id="scan-head"></tr></thead><tbody id="scan-rows"></tbody></table></div>
      <button type="button" id="scan-more" hidden>Show 100 more</button>
      <div class="side even">
      <div id="scan-chart" aria-live="polite"></div>
      <div><p class="hint" id="scan-no-map" hidden>The report holds no map of this gene; name it with --gene.</p>
      <figure class="map" id="scan-figure" hidden></figure></div>
      </div>
      """
  }
}
