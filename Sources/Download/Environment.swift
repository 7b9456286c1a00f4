import Glibc

/// A variable of the environment; nil where it is not set, or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value[0] != 0 else { return nil }
  return String(cString: value)
}
