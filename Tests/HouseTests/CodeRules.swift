import Testing

@Suite("House rules about code")
struct CodeRules {
    @Test("the tree is found and holds code")
    func treeIsFound() {
        #expect(SourceTree.sources.count > 10, "git must list the tree under \(SourceTree.root)")
        #expect(SourceTree.tests.count > 5)
    }

    @Test("every file keeps the rule", arguments: Rule.all)
    func everyFile(keeps rule: Rule) {
        let files = SourceTree.swift.filter { file in rule.folders.contains { file.path.hasPrefix($0) } }
        let complaints = files.flatMap(rule.complaints)
        #expect(complaints.isEmpty, "\(rule.name):\n\(complaints.joined(separator: "\n"))")
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var rule: Rule
        var bad: String
        var good: String
        var path = "Sources/Sample/Sample.swift"
        var testDescription: String { rule.name }
    }

    private static func function(lines: Int) -> String {
        "func long() {\n" + String(repeating: "    step(\"}\")  // }\n", count: lines - 2) + "}\n"
    }

    static let samples: [Sample] = [
        Sample(
            rule: .fileLength, bad: String(repeating: "\n", count: 401), good: String(repeating: "\n", count: 400)),
        Sample(rule: .functionLength, bad: function(lines: 51), good: function(lines: 50)),
        Sample(rule: .lineLength, bad: String(repeating: "x", count: 121), good: String(repeating: "é", count: 120)),
        Sample(
            rule: .lineLength, bad: "// " + String(repeating: "x", count: 118),
            good: "let a = \"\"\"\n    " + String(repeating: "x", count: 121) + "\n    \"\"\""),
        Sample(
            rule: .foundation, bad: "@preconcurrency import struct Foundation.Data", good: "import FoundationEssentials"
        ),
        Sample(rule: .names, bad: "package final class PoolManager {", good: "struct Management {}  // Manager"),
        Sample(rule: .publicAccess, bad: "public struct A {}", good: "package struct A { let publicKey = \"public\" }"),
        Sample(rule: .traps, bad: "let a = try! b()", good: "let a = try b()  // never try! here"),
        Sample(rule: .traps, bad: "fatalError(\"no\")", good: "let text = \"fatalError\""),
        Sample(rule: .traps, bad: "// TO" + "DO: later", good: "// todos"),
        Sample(rule: .forceUnwraps, bad: "let a = b[0]!.c", good: "if a != b, !c.isEmpty { d(\"e!\") }"),
        Sample(rule: .forceUnwraps, bad: "var a: Int!", good: "let a = \"\\(b(\"c!\"))!\""),
        Sample(
            rule: .uncheckedSendable, bad: "\nfinal class A: @unchecked Sendable {}",
            good: "// Every member is immutable.\nfinal class A: @unchecked Sendable {}"),
        Sample(rule: .nameService, bad: "_ = getaddrinfo(name, nil, &hints, &list)", good: "ares_getaddrinfo(channel)"),
        Sample(
            rule: .nameService, bad: "bootstrap.connect(host: name, port: 80)", good: "bootstrap.connect(to: address)"),
    ]

    @Test("each rule tells a bad sample from a good one", arguments: samples)
    func rulesSee(sample: Sample) {
        #expect(!sample.rule.complaints(SourceFile(path: sample.path, text: sample.bad)).isEmpty)
        #expect(sample.rule.complaints(SourceFile(path: sample.path, text: sample.good)).isEmpty)
    }

    @Test("functions are measured across strings, comments, defaults and protocols")
    func functionScanner() {
        let text = """
            protocol P {
                func a(b: (Int) -> Void)
                init()
            }
            struct S {
                init(c: () -> Int = { 1 }) {
                    self.init(d: "\\(e("}"))")  /* { /* { */ */
                }
                func f() -> [Int] { [1] }
            }
            """
        let found = FunctionScanner.functions(in: SourceFile(path: "Sources/S.swift", text: text).code)
        #expect(found == [.init(line: 6, length: 3), .init(line: 9, length: 1)])
    }
}
