import Glibc
import StomicsCLI

@main
enum Main {
  static func main() {
    exit(Stomics.runProcess())
  }
}
