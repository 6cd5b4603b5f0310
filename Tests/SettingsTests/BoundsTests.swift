import Settings
import Testing

@testable import ConfigSchema

/// A setting with bounds, and values at and beyond them in the unit of its key.
struct Bounded: Sendable, CustomTestStringConvertible {
    var path: String
    var low: Int
    var high: Int
    var isRequired = false
    /// What must stand beside it.
    var required: [Bounded] = []

    var testDescription: String { path }

    /// Every integer, time and size of the configuration, found by walking the fields.
    static let all = fields(of: SectionShape(of: Configuration.self), at: "")

    private static func fields(of section: SectionShape, at path: String) -> [Bounded] {
        let found = section.fields.flatMap { field -> [Bounded] in
            let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
            switch field.shape {
            case .section(let shape): return fields(of: shape, at: inner)
            case .sections(let shape, _): return fields(of: shape, at: inner + "[0]")
            case .integer(let bounds), .auto(.integer(let bounds)):
                return [Bounded(path: inner, low: bounds.lowerBound, high: bounds.upperBound)]
            case .duration(let unit, let bounds):
                let (low, high) = (bounds.lowerBound.wholeMilliseconds, bounds.upperBound.wholeMilliseconds)
                let scale = unit.inMilliseconds
                return [Bounded(path: inner, low: (low + scale - 1) / scale, high: high / scale)]
            case .byteCount(let unit, let bounds):
                let low = (bounds.lowerBound + unit.inBytes - 1) / unit.inBytes
                return [Bounded(path: inner, low: low, high: bounds.upperBound / unit.inBytes)]
            case .boolean, .text, .secret, .choice, .auto, .list, .plain: return []
            }
        }
        let names = section.fields.filter(\.isRequired).map { path.isEmpty ? $0.name : "\(path).\($0.name)" }
        let required = found.filter { names.contains($0.path) }
        return found.map { bounded in
            var bounded = bounded
            if names.contains(bounded.path) { bounded.isRequired = true }
            let isHere = bounded.path.split(separator: ".").dropLast() == path.split(separator: ".")[...]
            if isHere { bounded.required = required.filter { $0.path != bounded.path } }
            return bounded
        }
    }

    /// A configuration in which only its own value can be wrong.
    func sample(_ value: String, in base: Sample = Sample()) -> Sample {
        // The largest object has to fit into the smallest cache.
        let wide = base.with("cache.memory.max_item_size_mb", "1KiB").with("cache.memory.max_cache_size_mb", "16TiB")
        return required.reduce(wide) { $0.with($1.path, "\($1.high)") }.with(path, value)
    }
}

@Suite struct BoundsTests {
    @Test("CFG-6: the fields have bounds to test")
    func found() {
        #expect(Bounded.all.count >= 20)
    }

    @Test("CFG-6: a value at a bound is taken, one beyond it is refused by name", arguments: Bounded.all)
    func bounds(_ field: Bounded) {
        // Large limits beside a small one would break the rule between them.
        let base = Sample("server.security_limits", "{max_header_size: 1MiB, max_uri_length: 64}")
        for value in [field.low, field.high] {
            var sample = field.sample("\(value)", in: base)
            if field.path.hasPrefix("server.security_limits") {
                sample = Sample(field.path, "\(value)")
                if field.path.hasSuffix("uri_length") { sample.set("server.security_limits.max_header_size", "1MiB") }
                if field.path.hasSuffix("header_size") { sample.set("server.security_limits.max_uri_length", "64") }
            }
            #expect(complaints(about: sample.yaml).map(\.description) == [])
        }
        for value in ["\(field.low - 1)", "\(field.high + 1)", "\(Int.max)", "-\(Int.max)", "99999999999999999999999"] {
            let found = complaints(about: field.sample(value).yaml).map(\.message)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("`\(field.path)` must be between ") == true, "\(value): \(found)")
        }
    }

    @Test("CFG-6: a number of another type is refused", arguments: Bounded.all)
    func types(_ field: Bounded) {
        for value in ["1.5", "1e1", "true", "[1]", "{a: 1}", "\"1\"", "text", "\"\"", ".inf"] {
            let found = complaints(about: field.sample(value).yaml)
            #expect(found.contains { $0.message.hasPrefix("`\(field.path)` must ") }, "\(value)")
        }
        let found = complaints(about: field.sample("null").yaml).map(\.message)
        let expected = field.isRequired ? ["`\(field.path)` is required, and is empty here"] : []
        #expect(found == expected, "null is as if it were left out")
    }

    @Test("CFG-3: a number from the environment is a number", arguments: Bounded.all)
    func environment(_ field: Bounded) {
        let sample = field.sample("\"${X}\"").with("server.security_limits.max_body_size", "0")
        guard !field.path.hasPrefix("server.security_limits") else { return }
        #expect(complaints(about: sample.yaml, environment: ["X": "\(field.high)"]).isEmpty)
        #expect(complaints(about: sample.yaml, environment: ["X": "\(field.high + 1)"]).count == 1)
        let count = complaints(about: sample.yaml, environment: ["X": ""]).count
        #expect(count == (field.isRequired ? 1 : 0), "empty is as if it were left out")
    }
}
