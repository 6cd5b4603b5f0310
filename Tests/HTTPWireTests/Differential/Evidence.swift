/// What a plain reading of some bytes says about them, without any of the parsers: the proof of an explanation.
struct Evidence {
    let bytes: [UInt8]
    /// The bytes before the first empty line, as Latin-1, without empty lines in front.
    let head: String
    let lines: [Substring]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        // CR LF is one character
        var all = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        if all.count > 1, all[0].isEmpty { all.removeFirst() }
        lines = Array(all.prefix { !$0.isEmpty })
        head = lines.joined(separator: "\r\n")
    }

    var requestLine: [Substring] { (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false) }
    var method: Substring { requestLine.first ?? "" }
    var target: Substring { requestLine.count > 1 ? requestLine[1] : "" }
    var version: Substring { requestLine.count > 2 ? requestLine[2] : "" }
    var isConnect: Bool { method == "CONNECT" }

    /// The values of the fields of that name.
    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
            var value = line[line.index(after: colon)...]
            while let first = value.first, " \t".contains(first) { value.removeFirst() }
            while let last = value.last, " \t".contains(last) { value.removeLast() }
            return String(value)
        }
    }

    /// Whether a line feed stands alone, or a carriage return.
    var hasBareLineEnd: Bool {
        var before: UInt8 = 0
        for byte in bytes {
            if (before == 0x0d) != (byte == 0x0a) { return true }
            before = byte
        }
        return before == 0x0d
    }

    var isChunked: Bool { !values("transfer-encoding").isEmpty }

    static func isHost(_ value: String) -> Bool {
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, parts.count <= 2 else { return false }
        if parts.count == 2, !parts[1].isEmpty, (UInt16(parts[1]) == nil || parts[1].count > 5) { return false }
        return name.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                    || "-._~!$&'()*+,;=".unicodeScalars.contains($0))
        }
    }

    static func isLength(_ value: String) -> Bool {
        value.count <= 18 && UInt64(value).map { String($0) == value } == true
    }
}
