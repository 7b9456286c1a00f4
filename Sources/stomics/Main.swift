import StomicsCLI

@main
enum Main {
  static func main() {
    Stomics.main()
  }
}
