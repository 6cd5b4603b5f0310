import FoundationEssentials
import Testing

@Suite("Package.swift keeps the floors")
struct FloorRules {
    private static let opening = "let floors: [[Module]] = ["

    /// Runs the manifest, with `floor` laid below all others, and gives what the package manager says.
    private func dump(layingBelow floor: String) throws -> Shell.Outcome {
        let manifest = try SourceTree.text("Package.swift")
        let start = try #require(manifest.firstRange(of: Self.opening))
        let crooked = manifest[..<start.upperBound] + floor + manifest[start.upperBound...]
        let folder = FileManager.default.temporaryDirectory.appending(path: "floors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(String(crooked).utf8).write(to: folder.appending(path: "Package.swift"))
        return Shell.run("swift package --package-path '\(folder.path)' dump-package")
    }

    @Test("the floors as they are pass")
    func straight() throws {
        let outcome = try dump(layingBelow: "")
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(
        "a wrong arrow is refused by name",
        arguments: [
            ("[Module(name: \"Cellar\", uses: [\"Proxy\"])],", "Cellar may not use Proxy"),
            ("[Module(name: \"Left\"), Module(name: \"Right\", uses: [\"Left\"])],", "Right may not use Left"),
        ])
    func wrongArrow(floor: String, message: String) throws {
        let outcome = try dump(layingBelow: floor)
        #expect(outcome.status != 0)
        #expect(outcome.output.contains(message), "\(outcome.output)")
    }

    @Test("every folder under Sources is a module of some floor or C")
    func everyFolderHasItsFloor() throws {
        let manifest = try SourceTree.text("Package.swift").filter { !$0.isWhitespace }
        for folder in SourceTree.folders(under: "Sources").sorted() {
            #expect(
                manifest.contains("Module(name:\"\(folder)\"")
                    || manifest.contains(".systemLibrary(name:\"\(folder)\")")
                    || manifest.contains(".target(name:\"\(folder)\","),
                "Package.swift does not know Sources/\(folder)")
        }
    }
}
