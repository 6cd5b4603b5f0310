import Testing

/// One house rule about Swift text: what it is called, where it holds, and what it finds in a file.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    /// Files under these paths are read.
    let folders: [String]
    let complaints: @Sendable (SourceFile) -> [String]

    var testDescription: String { name }

    private static let everywhere = ["Sources/", "Tests/", "Benchmarks/", "Package.swift"]
    private static let product = ["Sources/"]

    static let all: [Rule] = [
        fileLength, functionLength, lineLength, foundation, names, publicAccess, traps, forceUnwraps, uncheckedSendable,
        nameService,
    ]

    static let fileLength = Rule(name: "a file has at most 400 lines", folders: everywhere) { file in
        file.lineCount > 400 ? ["\(file.path): \(file.lineCount) lines"] : []
    }

    static let functionLength = Rule(name: "a function has at most 50 lines", folders: everywhere) { file in
        FunctionScanner.functions(in: file.code).filter { $0.length > 50 }.map {
            "\(file.path):\($0.line): a function of \($0.length) lines"
        }
    }

    /// Lines of nothing but a string literal may be longer: breaking them hides what is meant.
    static let lineLength = Rule(name: "a line has at most 120 columns", folders: everywhere) { file in
        zip(file.lines, file.code).enumerated().compactMap { index, line in
            let (written, code) = line
            let text = written.drop(while: { $0 == " " })
            let isLiteral = text.hasPrefix("\"") || (code.allSatisfy { $0 == " " } && !text.hasPrefix("//"))
            guard written.count > 120, !isLiteral else { return nil }
            return "\(file.path):\(index + 1): \(written.count) columns"
        }
    }

    static let foundation = Rule(name: "nobody imports Foundation, which links 45 MB of ICU", folders: everywhere) {
        file in
        file.complaints(inCode: { line in
            let words = line.words
            guard let keyword = words.firstIndex(of: "import"), words.dropFirst(keyword).contains("Foundation") else {
                return nil
            }
            return "import FoundationEssentials instead"
        })
    }

    static let names = Rule(
        name: "no type or file is called Manager, Helper, Utils, Common or Impl", folders: everywhere
    ) { file in
        let banned = ["Manager", "Helper", "Helpers", "Utils", "Util", "Common", "Impl"]
        func isBanned(_ name: String) -> Bool { banned.contains { name.hasSuffix($0) } }
        let declarations: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        let ofFile = isBanned(file.baseName) ? ["\(file.path): the name says nothing"] : []
        return ofFile
            + file.complaints(inCode: { line in
                let words = line.words
                for (index, word) in words.enumerated().dropLast() where declarations.contains(word) {
                    if isBanned(words[index + 1]) { return "the name \(words[index + 1]) says nothing" }
                }
                return nil
            })
    }

    static let publicAccess = Rule(name: "nothing is public: modules share by package access", folders: everywhere) {
        file in
        file.complaints(inCode: { $0.words.contains("public") ? "use package" : nil })
    }

    static let traps = Rule(name: "product code has no try!, as!, fatalError or unfinished mark", folders: product) {
        file in
        let trapping: Set<String> = ["fatalError", "preconditionFailure", "assertionFailure"]
        let inCode = file.complaints(inCode: { line in
            if line.contains("try!") || line.contains("as!") { return "a trap in disguise" }
            return line.words.first(where: trapping.contains).map { "\($0): answer with a failure instead" }
        })
        return inCode + file.complaints(inText: { $0.words.first(where: Marks.unfinished.contains) })
    }

    /// A postfix `!`, whether it unwraps or declares an implicitly unwrapped optional.
    static let forceUnwraps = Rule(name: "product code never force-unwraps", folders: product) { file in
        file.complaints(inCode: { line in
            let characters = Array(line)
            for (index, character) in characters.enumerated().dropFirst() where character == "!" {
                let before = characters[index - 1]
                let after = index + 1 < characters.count ? characters[index + 1] : " "
                let isPostfix = before.isLetter || before.isNumber || ")]>_`".contains(before)
                if isPostfix, after != "=" { return "force unwrap" }
            }
            return nil
        })
    }

    static let uncheckedSendable = Rule(
        name: "@unchecked Sendable and nonisolated(unsafe) stand under a comment that proves them", folders: everywhere
    ) { file in
        file.code.enumerated().compactMap { index, line in
            guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { return nil }
            let above = index > 0 ? file.lines[index - 1].drop(while: { $0 == " " }) : ""
            let isProven = above.hasPrefix("//") || above.hasPrefix("@") || file.lines[index].contains("//")
            return isProven ? nil : "\(file.path):\(index + 1): no comment proves it"
        }
    }

    /// A static C library loads the host's name service modules and dies of them.
    static let nameService = Rule(name: "no call reaches the C library's name service", folders: product) { file in
        let calls: Set<String> = [
            "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo", "getservbyname", "getpwnam", "getpwuid",
            "getgrnam", "getgrgid", "makeAddressResolvingHost",
        ]
        return file.complaints(inCode: { line in
            if let call = line.words.first(where: calls.contains) { return "\(call) asks NSS" }
            let reaches = line.contains("bind(host:") || line.contains("connect(host:")
            return reaches ? "a host name given to NIO asks NSS: give an address" : nil
        })
    }
}

/// Words that no file may hold; put together here so that this file does not hold them either.
enum Marks {
    static let unfinished: Set<String> = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
}

extension String {
    /// The runs of letters, digits and underscores; all that is not ASCII counts as a letter.
    var words: [String] {
        utf8.split(whereSeparator: { !$0.isPartOfWord }).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension UInt8 {
    fileprivate var isPartOfWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xff: true
        default: false
        }
    }
}
