/// A way from numbers in 0...1 to colours, by matplotlib's names.
public struct ColorMap: Sendable, Equatable {
  public let name: String
  /// 256 colours, from 0 to 1.
  public let colors: [Color]

  /// The colour at `t`, which is limited to 0...1; grey where it is not a number.
  public func color(at t: Double) -> Color {
    t.isNaN ? .missing : colors[index(of: t)]
  }

  /// The place in `colors` of a `t` that is a number.
  func index(of t: Double) -> Int { Int((min(1, max(0, t)) * 255).rounded()) }

  /// The same colours the other way round.
  public var reversed: ColorMap {
    ColorMap(
      name: name.hasSuffix("_r") ? String(name.dropLast(2)) : name + "_r", colors: Array(colors.reversed()))
  }

  /// Every map by its name.
  public static let all: [ColorMap] = [
    viridis, magma, inferno, cividis, reds, blues, greys, blueRed, coolwarm,
  ]

  /// The map of that name, the ending `_r` turning it round; nil where there is none.
  public static func named(_ name: String) -> ColorMap? {
    all.first { $0.name == name } ?? all.map(\.reversed).first { $0.name == name }
  }

  private init(name: String, colors: [Color]) {
    self.name = name
    self.colors = colors
  }

  /// Lays 256 colours through 52 equally spaced ones of matplotlib's table: every fifth; the others are off by 4 of 255
  /// at most.
  private init(name: String, anchors: String) {
    let digits = Array(anchors)
    let stops = stride(from: 0, to: digits.count - 5, by: 6).compactMap { start in
      UInt32(String(digits[start..<start + 6]), radix: 16).map { Color(hex: $0) }
    }
    let colors = (0..<256).map { i in
      let low = min(i / 5, stops.count - 2)
      return stops[low].mixed(with: stops[low + 1], share: Double(i - low * 5) / 5)
    }
    self.init(name: name, colors: colors)
  }
}

extension ColorMap {
  /// Sequential, dark blue to yellow.
  public static let viridis = ColorMap(
    name: "viridis",
    anchors: """
      44015446085C471063481769481D6F482475472A7A46307E453781433D844142873F48893D4E8A3A538B38598C355E8D33638D31\
      688E2E6D8E2C718E2A768E297B8E27808E25848E23898E218E8D20928C1F978B1E9C891FA18821A58524AA8328AE802EB37C35B7\
      793DBC7446C06F50C46A5AC86465CB5E70CF577CD25089D54895D840A2DA37B0DD2FBDDF26CAE11FD8E219E5E419F1E51DFDE725
      """)

  /// Sequential, black to pale yellow.
  public static let magma = ColorMap(
    name: "magma",
    anchors: """
      00000402020B0504160907200E0B2B140E361A104221114E29115A311165390F6E420F754A107952137C5A167E6219806A1C8172\
      1F81792282812581892881912B81992D80A1307EAA337DB2357BBA3878C23B75CA3E72D2426FD9466BE04C67E75263EC5860F160\
      5DF4695CF7725CF97B5DFB8560FC8E64FD9869FEA16EFEAA74FEB47BFEBD82FEC68AFECF92FED89AFDE2A3FDEBACFCF4B6FCFDBF
      """)

  /// Sequential, black to pale yellow through red.
  public static let inferno = ColorMap(
    name: "inferno",
    anchors: """
      00000402020C0504170A072210092D160B391E0C45260C512F0A5B380962400A67490B6A510E6C59106E61136E69166E71196E78\
      1C6D801F6C88226A902568982766A02A63A82E5FB0315BB73557BF3952C63D4DCC4248D34743D94D3DDF5337E45A31E9612BED69\
      25F1711FF47918F78212F98B0BFA9407FB9D07FCA60CFCB014FBBA1FFAC42AF8CD37F6D746F4E156F2EA69F2F27DF5F992FCFFA4
      """)

  /// Sequential, blue to yellow.
  public static let cividis = ColorMap(
    name: "cividis",
    anchors: """
      00224E002656002A5F002D68003070083370163770203A6F273E6E2E416D34456C3A486C3F4C6C444F6C49536C4E566C535A6D57\
      5D6D5C616E60646F656870696B716D6F727272747676767A7A787E7D788381798885788D8878928C789690779B9476A09875A59C\
      74AAA073AFA471B5A86FBAAC6DBFB06BC4B468C9B965CFBD62D4C15FDAC65BDFCA57E5CF52EAD34CF0D846F6DD3FFCE236FEE838
      """)

  /// Sequential, white to red.
  public static let reds = ColorMap(
    name: "Reds",
    anchors: """
      FFF5F0FFF2EBFFEEE7FFEBE2FEE8DDFEE5D8FEE1D4FEDCCDFDD7C6FDD1BEFDCBB6FDC5AEFCBFA7FCB99FFCB398FCAD90FCA689FC\
      A082FC997AFC9373FC8D6DFC8666FC8060FB7A5AFB7353FB6D4DFA6648F85F43F6583EF4503AF34935F14130EE3A2CE93529E32F\
      27DD2A25D82422D21F20CC191EC7171CC1161BBB141AB51318AF1117A91016A10E15980C138E09128407117A051071020E67000D
      """)

  /// Sequential, white to blue.
  public static let blues = ColorMap(
    name: "Blues",
    anchors: """
      F7FBFFF3F8FEEFF6FCEBF3FBE7F1FAE3EEF9DFECF7DCE9F6D8E7F5D4E4F4D0E2F2CDDFF1C9DDF0C4DAEEBED8ECB8D5EAB2D2E8AB\
      D0E6A5CDE39FCAE197C6DF8FC2DE87BDDC7FB9DA77B5D96FB0D768ACD561A7D25BA3D0549FCD4E9ACB4896C84191C63C8CC33787\
      C03282BE2D7DBB2777B82272B61E6DB21A68AE1663AA125EA60E59A20A549E084F99084A9108458A084082083A7A08357308306B
      """)

  /// Sequential, white to black.
  public static let greys = ColorMap(
    name: "Greys",
    anchors: """
      FFFFFFFDFDFDFAFAFAF8F8F8F6F6F6F3F3F3F1F1F1EEEEEEEAEAEAE7E7E7E3E3E3DFDFDFDCDCDCD8D8D8D4D4D4CFCFCFCBCBCBC6\
      C6C6C2C2C2BEBEBEB8B8B8B2B2B2ABABABA5A5A59F9F9F9999999393938E8E8E8888888383837D7D7D7878787272726D6D6D6868\
      686363635E5E5E5858585353534D4D4D4646463F3F3F3838383030302929292323231D1D1D1717171111110C0C0C060606000000
      """)

  /// Diverging, blue through white to red.
  public static let blueRed = ColorMap(
    name: "RdBu_r",
    anchors: """
      0530610A3B7010457E15508D1B5A9C2065AB276EB02E77B53480B93B88BE4291C24F9BC75FA5CD6EAED27EB8D78DC2DC9BC9E0A7\
      D0E4B3D6E8C0DCEBCCE2EFD5E7F1DDEBF2E4EEF4ECF2F5F3F5F6F8F4F2F9EFE9FAE9DFFBE4D6FCDECDFCD7C2FBCCB4F9C2A7F7B7\
      99F5AC8BF2A17FEC9374E6866AE17860DB6B55D55D4CCE4F45C6413EBF3338B82531B1182BA21328930E2684092476052167001F
      """)

  /// Diverging, blue through grey to red.
  public static let coolwarm = ColorMap(
    name: "coolwarm",
    anchors: """
      3B4CC04055C8465ECF4C66D6536EDD5977E35F7FE86687ED6C8FF17396F57A9DF881A4FB88ABFD8FB1FE96B7FF9DBDFFA3C2FEAA\
      C7FDB1CBFCB7CFF9BED2F6C4D5F3CAD8EFCFDAEAD5DBE5DADCE0DFDBD9E4D9D2E9D5CBEDD2C3F0CDBBF2C9B4F5C4ACF6BEA4F7B8\
      9CF7B194F7AA8CF6A385F59C7DF39475F08B6EED8366E97A5FE57058E16751DC5D4AD65244D0473DCA3B37C32E31BB1B2CB40426
      """)
}
