import Testing

@Suite("House rules about the tree")
struct TreeRules {
    /// Test folders that mirror no module.
    private static let standingTests: Set<String> = [
        "Fuzz", "HouseTests", "InteropTests", "JourneyTests", "StaticTests", "TestSupport",
    ]

    @Test("only the agreed entries stand at the top")
    func topLevel() {
        let allowed: Set<String> = [
            ".ci", ".gitignore", ".swift-format", "Benchmarks", "CHANGELOG.md", "CONTRIBUTING.md", "Containerfile",
            "LICENSE",
            "Makefile", "Package.swift", "README.md", "SECURITY.md", "Sources", "Tests", "appliance", "charts",
            "config",
            "docs-site", "examples", "k6", "kustomize", "release", "scripts",
        ]
        let found = Set(SourceTree.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(found.subtracting(allowed).isEmpty)
        #expect(SourceTree.paths.filter { $0.hasPrefix(".ci/") } == [".ci/run"])
    }

    @Test("every module has a README of at most 15 lines that answers four questions")
    func moduleReadmes() {
        for module in SourceTree.folders(under: "Sources").sorted() {
            let folder = "Sources/\(module)/"
            if SourceTree.paths.contains(folder + "module.modulemap") { continue }
            guard let readme = SourceTree.texts.first(where: { $0.path == folder + "README.md" }) else {
                Issue.record("\(folder)README.md is missing")
                continue
            }
            #expect(readme.lineCount <= 15, "\(readme.path) has \(readme.lineCount) lines")
            for part in ["**Question:**", "**Owns:**", "**Never does:**", "**Read first:**"] {
                #expect(readme.lines.contains { $0.hasPrefix(part) }, "\(readme.path) lacks \(part)")
            }
        }
    }

    @Test("Tests mirrors Sources")
    func testsMirrorSources() {
        let modules = SourceTree.folders(under: "Sources")
        for folder in SourceTree.folders(under: "Tests").subtracting(Self.standingTests).sorted() {
            #expect(
                folder.hasSuffix("Tests") && modules.contains(String(folder.dropLast(5))),
                "Tests/\(folder) mirrors no module")
        }
    }

    @Test("no test can be switched off")
    func noSkippedTests() {
        let marks = [
            ".disa" + "bled(", ".ena" + "bled(if:", "XCTS" + "kip", "withKnown" + "Issue", "pytest.s" + "kip",
            "mark.s" + "kip", "import" + "orskip", "mark.x" + "fail",
        ]
        let complaints = SourceTree.tests.flatMap { file in
            file.complaints(inCode: { line in marks.first(where: line.contains) })
        }
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    }

    @Test("no file is unfinished or speaks of the place it was written at")
    func plainTexts() {
        let places = ["/wo" + "rk/main", "/wo" + "rk/h", "/wo" + "rk/shared", "/opt/swift-" + "packages"]
        let hosts = ["deb.deb" + "ian.org", "py" + "pi.org", "python" + "hosted.org", "npm" + "js.org"]
        let talk: Set<String> = ["C" + "EO", "sub" + "agent", "Clau" + "de", "Anth" + "ropic", "Chat" + "GPT"]
        let complaints = SourceTree.texts.flatMap { file in
            file.complaints(inText: { line in
                if let found = (places + hosts).first(where: line.contains) { return found }
                return line.words.first { talk.contains($0) || Marks.unfinished.contains($0) }
            })
        }
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    }

    @Test("the README's first screen holds the two commands")
    func readme() throws {
        let screen = try SourceTree.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).prefix(
            30)
        #expect(screen.contains { $0.contains("make demo") })
        #expect(screen.contains { $0.contains("make test") })
    }

    @Test("the changelog has an Unreleased section with content")
    func changelog() throws {
        let lines = try SourceTree.text("CHANGELOG.md").split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "## [Unreleased]"))
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        #expect(section.contains { $0.hasPrefix("- ") })
    }

    @Test("the Makefile has the agreed verbs, each explained")
    func verbs() throws {
        let agreed: Set<String> = [
            "bench", "check", "demo", "format", "generate", "help", "interop", "sanitize", "static", "test",
        ]
        let makefile = try SourceTree.text("Makefile").split(separator: "\n")
        let explained = makefile.compactMap { line -> String? in
            guard line.first != "\t", let mark = line.firstRange(of: ": ## ") else { return nil }
            return String(line[..<mark.lowerBound])
        }
        #expect(Set(explained) == agreed)
    }

    @Test("every Yatagarasu configuration names its schema for editors")
    func modelines() {
        let configurations = SourceTree.texts.filter { file in
            (file.path.hasSuffix(".yaml") || file.path.hasSuffix(".yml"))
                && (file.path.hasPrefix("examples/") || file.path.hasPrefix("config/"))
                && file.lines.contains { $0.hasPrefix("buckets:") }
        }
        for file in configurations {
            #expect(
                file.lines.prefix(3).contains { $0.hasPrefix("# yaml-language-server: $schema=") },
                "\(file.path) has no yaml-language-server modeline")
        }
    }
}
