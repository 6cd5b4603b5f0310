/// One answer, as a client that knows RFC 9112 reads it; its bytes stay as they came.
struct Reply: Sendable, Equatable {
    enum Framing: Sendable, Equatable {
        case absent, length(Int), chunked, untilClose
    }

    var status: Int
    /// Status line and field lines, the empty line included.
    var head: String
    var framing: Framing
    /// Without the framing of chunks.
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the only field of that name.
    subscript(_ name: String) -> String? {
        let values = lines.filter { $0.name == name.lowercased() }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }

    /// The field lines in their order, names in lower case.
    var lines: [(name: String, value: String)] { Self.lines(of: head) }

    /// The names of the fields in their order.
    var names: [String] { lines.map(\.name) }

    static func lines(of head: String) -> [(name: String, value: String)] {
        head.split(separator: "\r\n").dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
    }

    /// Takes one whole answer from the front of `bytes`; nil while it is not complete.
    static func take(from bytes: inout [UInt8], isHead: Bool, hasEnded: Bool) -> Reply? {
        guard let end = bytes.endOfHead else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        var reply = Reply(status: status, head: head, framing: .absent, body: [])
        reply.framing = reply.framing(isHead: isHead)
        switch reply.framing {
        case .absent: bytes.removeFirst(end)
        case .length(let length):
            guard bytes.count >= end + length else { return nil }
            reply.body = Array(bytes[end..<(end + length)])
            bytes.removeFirst(end + length)
        case .chunked:
            guard let (body, after) = chunks(bytes[end...]) else { return nil }
            reply.body = body
            bytes.removeFirst(after)
        case .untilClose:
            guard hasEnded else { return nil }
            reply.body = Array(bytes[end...])
            bytes = []
        }
        return reply
    }

    private func framing(isHead: Bool) -> Framing {
        if isHead || status == 304 || status == 204 || status < 200 { return .absent }
        if self["transfer-encoding"] == "chunked" { return .chunked }
        if let length = self["content-length"].flatMap({ Int($0) }) { return .length(length) }
        return .untilClose
    }

    private static func chunks(_ bytes: ArraySlice<UInt8>) -> (body: [UInt8], end: Int)? {
        var rest = bytes
        var body: [UInt8] = []
        while let line = rest.firstIndex(of: 0x0a) {
            guard let size = Int(String(decoding: rest[..<(line - 1)], as: UTF8.self), radix: 16),
                line + 1 + size + 2 <= rest.endIndex
            else { return nil }
            body += rest[(line + 1)..<(line + 1 + size)]
            rest = rest[(line + 1 + size + 2)...]
            if size == 0 { return (body, rest.startIndex) }
        }
        return nil
    }
}

extension [UInt8] {
    /// Where the empty line behind a head ends.
    var endOfHead: Int? {
        guard count >= 4 else { return nil }
        for index in 3..<count where self[index] == 0x0a {
            if self[index - 1] == 0x0d, self[index - 2] == 0x0a, self[index - 3] == 0x0d { return index + 1 }
        }
        return nil
    }
}
