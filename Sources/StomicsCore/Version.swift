/// The version written into recipes, checkpoints and run folders.
public let stomicsVersion = "0.1.0"
