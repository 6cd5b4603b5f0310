/// A strict reader of Prometheus' text format 0.0.4, written from its specification and not from the renderer.
///
/// Stricter than a scraper: every family has HELP, TYPE and samples in that order and in one block, no series comes
/// twice, counters are not negative and end in `_total` (but for three that the original program named otherwise), and
/// a histogram's buckets are ascending, cumulative and complete.
struct MetricTextChecker {
    enum Problem: Error, Equatable {
        case noFinalLineFeed
        case badLine(String)
        case badValue(String)
        case outOfPlace(String)
        case duplicate(String)
        case badHistogram(String)
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private static let countersWithoutTotal: Set = [
        "yatagarasu_cache_hits_by_bucket_layer", "yatagarasu_cache_misses_by_bucket_layer",
        "yatagarasu_cache_evictions_by_layer",
    ]

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private var seen: Set<String> = []
    private var family = ""

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Problem.noFinalLineFeed }
        var helped = ""
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("# HELP ") {
                let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
                guard words.count == 4, Self.isName(words[2]), !words[3].isEmpty else { throw Problem.badLine(line) }
                guard types[String(words[2])] == nil else { throw Problem.duplicate(line) }
                helped = String(words[2])
            } else if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
                guard words.count == 4, ["counter", "gauge", "histogram"].contains(words[3]) else {
                    throw Problem.badLine(line)
                }
                guard words[2] == helped, types[words[2]] == nil else { throw Problem.outOfPlace(line) }
                family = words[2]
                types[family] = words[3]
            } else {
                try read(sample: line)
            }
        }
        for (name, type) in types {
            guard samples.contains(where: { $0.name.hasPrefix(name) }) else { throw Problem.outOfPlace(name) }
            if type == "histogram" { try check(histogram: name) }
        }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private mutating func read(sample line: String) throws {
        var rest = Substring(line)
        let name = rest.prefix { $0 != "{" && $0 != " " }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" { labels = try Self.labels(&rest, of: line) }
        guard Self.isName(name), rest.first == " " else { throw Problem.badLine(line) }
        let text = rest.dropFirst()
        guard let value = Double(text), !text.contains(" ") else { throw Problem.badValue(line) }
        guard seen.insert(line.dropLast(text.count).description).inserted else { throw Problem.duplicate(line) }
        let type = types[family]
        let suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { family + $0 == name }) else { throw Problem.outOfPlace(line) }
        if type == "counter" {
            let isNamedSo = name.hasSuffix("_total") || Self.countersWithoutTotal.contains(String(name))
            guard isNamedSo, value >= 0 else { throw Problem.badValue(line) }
        }
        samples.append(Sample(name: String(name), labels: labels, value: value))
    }

    private static func labels(_ rest: inout Substring, of line: String) throws -> [String: String] {
        var labels: [String: String] = [:]
        repeat {
            rest.removeFirst()
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard isName(name), rest.hasPrefix("=\"") else { throw Problem.badLine(line) }
            rest = rest.dropFirst(2)
            var value = ""
            while let next = rest.popFirst(), next != "\"" {
                guard next == "\\" else {
                    value.append(next)
                    continue
                }
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                default: throw Problem.badLine(line)
                }
            }
            guard labels.updateValue(value, forKey: String(name)) == nil else { throw Problem.duplicate(line) }
        } while rest.first == ","
        guard rest.popFirst() == "}" else { throw Problem.badLine(line) }
        return labels
    }

    private func check(histogram name: String) throws {
        let groups = Dictionary(grouping: samples.filter { $0.name == name + "_bucket" }) { sample in
            sample.labels.filter { $0.key != "le" }
        }
        for (labels, buckets) in groups {
            let bounds = buckets.compactMap { $0.labels["le"] }
            let numbers = bounds.dropLast().compactMap { Double($0) }
            guard bounds.last == "+Inf", numbers.count == bounds.count - 1 else { throw Problem.badHistogram(name) }
            guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else { throw Problem.badHistogram(name) }
            guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.value <= $1.value }) else {
                throw Problem.badHistogram(name)
            }
            guard value(name + "_count", labels) == buckets.last?.value, value(name + "_sum", labels) != nil else {
                throw Problem.badHistogram(name)
            }
        }
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, first < 0x30 || first > 0x39 else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: ":"): true
            default: false
            }
        }
    }
}
