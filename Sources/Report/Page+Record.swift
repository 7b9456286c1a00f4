import StomicsCore

extension RunReport {
  /// Settings, recipe, files, commands and versions.
  var recordSection: HTML? {
    let notes: HTML =
      record.notes.isEmpty
      ? ""
      : """
      <h3>Notes</h3><ul class="notes">\(record.notes.map { note -> HTML in "<li>\(note)</li>" })</ul>
      """
    let settings = record.settings.map { setting -> HTML in
      """
      <tr><th scope="row"><code>\(setting.name)</code></th>
      <td class="\(setting.isChanged ? "changed" : "")">\(setting.value)</td><td>\(setting.meaning)</td></tr>
      """
    }
    let files = record.files.map { file -> HTML in
      """
      <tr><th scope="row">\(file.name)</th><td>\(file.role)</td><td class="number">\(file.size.grouped)</td>
      <td class="mono">\(file.sha256)</td></tr>
      """
    }
    let commands = record.commands.joined(separator: "\n")
    return """
      \(notes)
      <h3>Commands</h3>
      <pre>\(commands)</pre>
      <div class="side even"><div><h3>Model</h3>\(factTable(record.model))<h3>Versions</h3>\(factTable(record.versions))</div>
      <div><h3>Recipe of the preprocessing</h3>\(factTable(record.recipe))</div></div>
      <h3>Files</h3>
      <div class="scroll"><table><caption>What this report was made from, as it was then.</caption>
      <thead><tr><th scope="col">file</th><th scope="col">what it is</th><th scope="col" class="number">bytes</th>
      <th scope="col">SHA-256</th></tr></thead><tbody>\(files)</tbody></table></div>
      <h3>Settings of the training</h3>
      <div class="scroll"><table class="long"><caption>Bold: other than the default.</caption>
      <thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">meaning</th></tr></thead>
      <tbody>\(settings)</tbody></table></div>
      """
  }

  private func factTable(_ facts: [RunRecord.Fact]) -> HTML {
    let rows = facts.map { fact -> HTML in "<tr><th scope=\"row\">\(fact.name)</th><td>\(fact.value)</td></tr>" }
    return "<table><tbody>\(rows)</tbody></table>"
  }
}
