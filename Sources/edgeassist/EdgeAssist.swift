@main
struct EdgeAssist {
  static func main() {
    print("edgeassist")
  }
}
