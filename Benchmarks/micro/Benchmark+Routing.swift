import Proxy

extension Benchmark {
    static let routing =
        [1, 10, 100].map { count in
            Benchmark(name: "route-\(count)", title: "route, \(count) \(count == 1 ? "bucket" : "buckets")") {
                route(buckets: count, under: prefixes[count - 1])
            }
        } + [
            Benchmark(name: "route-miss", title: "route, 100 buckets, none matches") {
                route(buckets: 100, under: "/harbour/letters")
            }
        ]

    /// A hundred prefixes of two segments, as teams share a proxy.
    private static let prefixes: [String] = {
        let kinds = [
            "images", "videos", "documents", "exports", "backups", "models", "logs", "assets", "reports", "tiles",
        ]
        let teams = ["atlas", "birch", "cobalt", "dune", "ember", "fjord", "garnet", "harbour", "indigo", "juniper"]
        return kinds.flatMap { kind in teams.map { "/\($0)/\(kind)" } }
    }()

    private static func route(buckets: Int, under prefix: String) -> Operation {
        let table = RouteTable(prefixes: Array(prefixes.prefix(buckets)))
        let paths = (0..<16).map { Array("\(prefix)/2026/\($0 % 12 + 1)/raven-\($0 * 7_919).jpg".utf8) }
        let isMapped = prefixes.prefix(buckets).contains(prefix)
        return { number in
            let path = paths[number & 15]
            guard let match = table.match(path.span) else { return isMapped ? 0 : 1 }
            return isMapped ? match.bucket &+ match.prefixLength : 0
        }
    }
}
