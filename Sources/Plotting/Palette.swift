/// Colours for labels.
public enum Palette {
  /// 24 colours that stay apart for every kind of colour vision.
  ///
  /// The first seven are those of Okabe and Ito (2008) without black. Each of the others is the colour farthest, in the
  /// OKLab space seen with normal, protan, deutan and tritan eyes (Machado et al. 2009), from all before it, from white
  /// and from the greys of missing spots.
  public static let colorBlindSafe: [Color] = [
    0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7, 0x78002D,
    0x4B0096, 0x000FE1, 0xA569FF, 0x874B00, 0xB40069, 0xD200B4, 0x78E187, 0x690069,
    0x78B478, 0x872DFF, 0x2D5A5A, 0xA55A4B, 0x5A5A87, 0xB4C3FF, 0xE1C32D, 0x7800B4,
  ].map { Color(hex: $0) }

  /// matplotlib's `tab20`, which scanpy's older files use: pairs of a strong and a light colour.
  public static let tab20: [Color] = [
    0x1F77B4, 0xFF7F0E, 0x2CA02C, 0xD62728, 0x9467BD, 0x8C564B, 0xE377C2, 0x7F7F7F, 0xBCBD22, 0x17BECF,
    0xAEC7E8, 0xFFBB78, 0x98DF8A, 0xFF9896, 0xC5B0D5, 0xC49C94, 0xF7B6D2, 0xC7C7C7, 0xDBDB8D, 0x9EDAE5,
  ].map { Color(hex: $0) }

  /// The palettes by the names the command line knows.
  public static let names = ["colorblind", "tab20"]

  /// The palette of that name, nil where there is none.
  public static func named(_ name: String) -> [Color]? {
    switch name {
    case "colorblind": colorBlindSafe
    case "tab20": tab20
    default: nil
    }
  }

  /// `count` colours: the palette, and beyond its end the palette again, each round paler.
  public static func categorical(_ count: Int, from palette: [Color] = colorBlindSafe) -> [Color] {
    (0..<count).map { i in
      let round = i / palette.count
      return palette[i % palette.count].mixed(with: .white, share: min(0.7, 0.35 * Double(round)))
    }
  }

  /// A colour for every name: the known ones keep theirs, the others take what is left of the palette, in order.
  public static func bind(
    _ names: [String], known: [String: Color] = [:], palette: [Color] = colorBlindSafe
  ) -> [String: Color] {
    var result = known
    var taken = Set(known.values)
    var candidates = categorical(names.count + known.count, from: palette)[...]
    for name in names where result[name] == nil {
      let color = candidates.first { !taken.contains($0) } ?? .missing
      if let place = candidates.firstIndex(of: color) { candidates = candidates[(place + 1)...] }
      taken.insert(color)
      result[name] = color
    }
    return result
  }
}
