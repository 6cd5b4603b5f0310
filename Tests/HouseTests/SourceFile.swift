import FoundationEssentials

/// One text file of the tree: its path from the root and its lines, as written and as bare code.
struct SourceFile: Sendable {
    /// From the repository's root, `/`-separated.
    let path: String
    let lines: [String]
    /// The lines with comments and the inside of string literals blanked, so that rules about code read code only.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = Self.lines(of: text)
        code = path.hasSuffix(".swift") ? Self.lines(of: SwiftBlanker.blank(text)) : lines
    }

    private static func lines(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// The last path component without its extension.
    var baseName: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.split(separator: ".").first.map(String.init) ?? name
    }

    /// Lines as an editor counts them: a final newline opens no further line.
    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

    /// `path:line: message`, for every line of code that `matches` says something about.
    func complaints(inCode matches: (String) -> String?) -> [String] {
        complaints(of: code, matches)
    }

    /// The same over the lines as written.
    func complaints(inText matches: (String) -> String?) -> [String] {
        complaints(of: lines, matches)
    }

    private func complaints(of lines: [String], _ matches: (String) -> String?) -> [String] {
        lines.enumerated().compactMap { index, line in
            matches(line).map { "\(path):\(index + 1): \($0)" }
        }
    }
}

/// The repository this test was compiled from.
enum SourceTree {
    static let root: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Every path that is in git or would be added by `git add`.
    static let paths: [String] = {
        let listing = Shell.run(
            "git -c safe.directory='*' -C '\(root)' ls-files --cached --others --exclude-standard --deduplicate")
        guard listing.status == 0 else { return [] }
        return listing.output.split(separator: "\n").map(String.init).filter {
            FileManager.default.fileExists(atPath: "\(root)/\($0)")
        }
    }()

    /// Every file that is UTF-8 text; pictures and fuzzing corpora are left out.
    static let texts: [SourceFile] = paths.compactMap { path in
        guard let text = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) else { return nil }
        return SourceFile(path: path, text: text)
    }

    static let swift = texts.filter { $0.path.hasSuffix(".swift") }
    static let sources = swift.filter { $0.path.hasPrefix("Sources/") }
    static let tests = texts.filter { $0.path.hasPrefix("Tests/") }

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The names of the folders right under `folder` that hold a file of the tree.
    static func folders(under folder: String) -> Set<String> {
        Set(
            paths.compactMap { path in
                let parts = path.split(separator: "/")
                return parts.count > 2 && parts[0] == folder ? String(parts[1]) : nil
            })
    }
}
