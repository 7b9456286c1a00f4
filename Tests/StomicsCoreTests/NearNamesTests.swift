import StomicsCore
import Testing

private let genes = ["MOBP", "MBP", "PCP4", "SNAP25", "GFAP", "MT-CO1", "MT-CO2", "NEFL", "NEFM", "NEFH"]

@Test(arguments: [
  ("MOPB", ["MOBP"]), ("mobp", ["MOBP"]), ("PCP", ["PCP4"]), ("SNAP", ["SNAP25"]), ("MT_CO1", ["MT-CO1"]),
  ("NEFX", ["NEFH", "NEFL", "NEFM"]), ("XYZW", []), ("", []),
])
func nearNamesAreFound(name: String, expected: [String]) {
  #expect(nearNames(name, among: genes) == expected)
}

@Test func nearNamesReadAsASentence() {
  #expect(didYouMean("MOPB", among: genes) == " Did you mean 'MOBP'?")
  #expect(didYouMean("NEFX", among: genes) == " Did you mean 'NEFH', 'NEFL' or 'NEFM'?")
  #expect(didYouMean("XYZW", among: genes) == "")
}
