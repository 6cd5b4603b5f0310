import Exchange
import NIOCore

/// A request head taken apart again, by simple means and independently of the encoder.
struct WireHead {
    let method: String
    let target: String
    let fields: [(name: String, value: String)]
    /// The number of lines after the request line that hold no colon; a well-formed head has none.
    let strayLines: Int

    init(_ buffer: ByteBuffer) {
        // CRLF is one character of a string.
        var lines = String(buffer: buffer).split(separator: "\r\n", omittingEmptySubsequences: false)
        // The head ends with an empty line, so that the split gives two empty pieces.
        lines.removeLast(min(2, lines.count))
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        method = String(words.first ?? "")
        target = words.count == 3 ? String(words[1]) : "?"
        var fields: [(String, String)] = []
        var stray = 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else {
                stray += 1
                continue
            }
            fields.append((line[..<colon].lowercased(), line[colon...].dropFirst(2).description))
        }
        self.fields = fields
        strayLines = stray
    }

    func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The head as a server's parser would hand it on.
    var parsed: RequestHead {
        var head = RequestHead()
        head.method = Method.allCases.first { $0.name == method } ?? .other
        head.methodToken = ByteBuffer(string: method)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        head.path = ByteBuffer(string: String(parts[0]))
        head.query = parts.count > 1 ? ByteBuffer(string: String(parts[1])) : nil
        head.fields = block(fields)
        return head
    }
}

/// A field block of these lines, each `Name: value CRLF`, with names tagged as a parser would.
func block(_ fields: [(name: String, value: String)]) -> FieldBlock {
    var block = FieldBlock()
    for (name, value) in fields {
        let start = UInt32(block.bytes.readableBytes)
        block.bytes.writeString("\(name): \(value)\r\n")
        let length = UInt32(name.utf8.count)
        block.entries.append(
            .init(
                name: tag(name), nameStart: start, nameLength: length, valueStart: start + length + 2,
                valueLength: UInt32(value.utf8.count)))
    }
    return block
}

func tag(_ name: String) -> FieldName {
    let lower = name.lowercased()
    let exact = FieldName.allCases.first { "\($0.name)" == lower }
    if let exact { return exact }
    if lower.hasPrefix("x-amz-meta-") { return .amzMeta }
    return lower.hasPrefix("x-amz-") ? .amzOther : .other
}
