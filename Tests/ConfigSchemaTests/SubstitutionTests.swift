import Testing

@testable import ConfigSchema

@Suite struct SubstitutionTests {
    private static let environment = [
        "HOST": "minio", "EMPTY": "", "YAML": "a: [b]\n#", "NESTED": "${HOST}", "_x9": "low",
    ]

    @Test(
        "CFG-3: references become the environment's values, and nothing is read twice",
        arguments: [
            ("plain", "plain", false),
            ("", "", false),
            ("${HOST}", "minio", true),
            ("http://${HOST}:9000/${HOST}", "http://minio:9000/minio", true),
            ("${_x9}", "low", true),
            ("${NOWHERE:-default}", "default", true),
            ("${HOST:-default}", "minio", true),
            ("${EMPTY}", "", true),
            ("${EMPTY:-default}", "default", true),
            ("${NOWHERE:-}", "", true),
            ("${NOWHERE:-a:-b $ { c}", "a:-b $ { c", true),
            ("${YAML}", "a: [b]\n#", true),
            ("${NESTED}", "${HOST}", true),
            ("$${HOST}", "${HOST}", false),
            ("$${HOST}${HOST}", "${HOST}minio", true),
            ("$$${HOST}", "$${HOST}", false),
            ("$HOST $ $$ $(HOST) {HOST}", "$HOST $ $$ $(HOST) {HOST}", false),
            ("é${HOST}é", "éminioé", true),
        ])
    func replaced(_ source: String, _ text: String, _ isSubstituted: Bool) {
        let substitution = Substitution(source, environment: Self.environment)
        #expect(substitution.problems.isEmpty)
        #expect(substitution.text == text)
        #expect(substitution.isSubstituted == isSubstituted)
    }

    @Test(
        "CFG-3: what cannot be replaced is named, with its place",
        arguments: [
            ("${NOWHERE}", Substitution.Problem.unset("NOWHERE"), 0..<10),
            ("é-${NOWHERE}-", .unset("NOWHERE"), 2..<12),
            ("${HOST", .malformed, 0..<6),
            ("x${}", .malformed, 1..<4),
            ("${9X}", .malformed, 0..<5),
            ("${A B}", .malformed, 0..<6),
            ("${A-b}", .malformed, 0..<6),
            ("${A:b}", .malformed, 0..<6),
            ("${A:?b}", .malformed, 0..<7),
            ("${A:-${B}}", .nestedReference, 0..<9),
        ])
    func refused(_ source: String, _ problem: Substitution.Problem, _ range: Range<Int>) {
        let substitution = Substitution(source, environment: Self.environment)
        #expect(substitution.problems == [.init(problem: problem, range: range)])
    }

    @Test("CFG-3: every unset variable of a scalar is named")
    func several() {
        let substitution = Substitution("${A}${B}", environment: [:])
        #expect(substitution.problems.map(\.problem) == [.unset("A"), .unset("B")])
    }

    @Test("CFG-3: an environment cannot multiply into all memory")
    func bounded() {
        let source = String(repeating: "${X}", count: 15_000)
        let substitution = Substitution(source, environment: ["X": String(repeating: "x", count: 100_000)])
        #expect(substitution.problems.map(\.problem) == [.tooLong])
        #expect(substitution.text.utf8.count <= 2 * Substitution.lengthLimit + 2)
    }
}
