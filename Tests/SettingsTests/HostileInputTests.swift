import ConfigSchema
import Glibc
import Settings
import Testing

/// A generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite(.serialized) struct HostileInputTests {
    /// What takes longer is a mistake; ThreadSanitizer makes all of it up to twenty times slower.
    private static let patience: TimeLimitTrait.Duration =
        unsafe getenv("TSAN_OPTIONS") == nil ? .minutes(1) : .minutes(10)
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    private static let pieces: [String] = [
        "\n", "  ", "- ", ": ", "? ", ", ", "[", "]", "{", "}", "#", " #", "&a ", "*a", "!!binary ", "! ", "|\n",
        ">-\n", "'", "\"",
        "\\", "\\x00", "%YAML 1.1\n", "---\n", "...\n", "<<: ", "\t", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{0}",
        "\u{7}",
        "é", "👾", "e\u{301}", "${", "${X}", "${X:-", "}", "$${", "~", "null", "true", "0x", "1e999",
        "99999999999999999999",
        "port: ", "secret_key: ", "name: a\n", "buckets:\n", "s3: ",
    ]

    /// Cuts, repeats, moves, flips and inserts, some times over.
    private static func mutate(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let from = Int.random(in: 0...bytes.count, using: &random)
            let to = min(bytes.count, from + Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(from..<to)
            case 1: bytes.insert(contentsOf: bytes[from..<to], at: Int.random(in: 0...bytes.count, using: &random))
            case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: from)
            case 3: bytes.replaceSubrange(from..<to, with: (pieces.randomElement(using: &random) ?? "").utf8)
            case 4 where from < bytes.count: bytes[from] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: from)
            }
        }
        return bytes
    }

    @Test("REL-3, CFG-4: no mutated document traps, hangs or shows a secret", arguments: 0..<4)
    func mutated(_ shard: UInt64) throws {
        var seeds = try ["config/default.yaml", "config/example.yaml", "examples/minio.yaml", "examples/aws.yaml"]
            .map { Array(try contents(of: $0).replacing("${AWS_SECRET_ACCESS_KEY}", with: Self.secret).utf8) }
        seeds.append(Array(Sample("buckets[0].s3.secret_key", Self.secret).yaml.utf8))
        var random = SplitMix(state: shard)
        for _ in 0..<800 {
            let bytes = Self.mutate(seeds.randomElement(using: &random) ?? [], &random)
            let files = FileAccess { path, _ throws(FileAccess.Failure) in
                guard path == "fuzz.yaml" else { throw .missing }
                return bytes
            }
            do throws(ConfigurationFailure) {
                let environment = ["X": "\(Self.secret) #", "AWS_ACCESS_KEY_ID": "ak", "MINIO_SECRET_KEY": Self.secret]
                _ = try Configuration.load(.file(path: "fuzz.yaml"), environment: environment, files: files)
            } catch {
                #expect(!error.description.contains(Self.secret), "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test("REL-3: scalars of many bad references are answered in time", .timeLimit(Self.patience))
    func manyReferences() {
        func address(_ count: Int) -> String { "{address: \"" + String(repeating: "${}", count: count) + "\"}" }
        let found = complaints(about: "server: " + address(20_000))
        #expect(found.count == Diagnostic.limit + 1)
        #expect(found.last?.message == "and 19901 more")  // `buckets` is missing, too
        #expect(found.dropFirst(2).first?.column == 26)
        let long = complaints(about: "server: " + address(300_000)).map(\.message)
        #expect(long.contains("`server.address` is longer than 65536 bytes") && long.count == 2)
        let scalar = String(repeating: "${}", count: 20_000)
        let aliases = String(repeating: "- {name: *a, path_prefix: *a}\n", count: 9_999)
        #expect(complaints(about: "x: &a \"\(scalar)\"\nbuckets:\n\(aliases)").count == Diagnostic.limit + 1)
    }

    @Test(
        "REL-3: large documents of one thing are answered in time", .timeLimit(Self.patience),
        arguments: [
            "[", "{", "- ", "? ", "a: ", "a:\n", "!", "&a ", "*a ", "'", "\"", "|\n", "#", " ", "\n", "\t", "${", "$",
            "${X}", "%", "- a\n",
            "a: b\n", "? a\n", "\u{2028}", "a,", "[],", "{},", "[a]: ", "{a: b}: ", "-\n", "é", "buckets: ",
            "x: &a [*a]\n",
        ])
    func repeated(_ piece: String) {
        let text = String(repeating: piece, count: 100_000 / piece.utf8.count)
        for text in [text, "buckets: [\(text)", "server: {address: \(text)}"] {
            #expect(!report(on: text, environment: ["X": "value"]).isEmpty)
        }
    }
}
