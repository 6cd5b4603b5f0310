import NIOCore
import S3

extension FuzzTarget {
    /// XML that an origin answers with: the reader's events, and what an error document may bring into logs.
    ///
    /// The first byte says where the rest is cut.
    static let xml = FuzzTarget(name: "xml") { input in
        var bytes = input
        guard let cut = bytes.readInteger(as: UInt8.self) else { return }
        let body = [UInt8](bytes.readableBytesView)
        let whole = read(body)
        checkBounds(whole, body)
        let cutBody = Array(body.prefix(body.count * Int(cut) / 256))
        checkCut(read(cutBody), of: whole)
        checkTexts(body)
        checkFaults(body)
        checkError(body, whole)
    }

    private struct Reading {
        var events: [XMLReader.Event] = []
        var failure: XMLFailure?
    }

    private static let depthLimit = 16

    private static func read(_ body: [UInt8]) -> Reading {
        var reading = Reading()
        do throws(XMLFailure) {
            var reader = try XMLReader(body, depthLimit: depthLimit)
            repeat {
                reading.events.append(try reader.next())
                precondition(reading.events.count <= 2 * body.count + 1, "more events than bytes can make")
            } while reading.events.last != .finished
            let last = try reader.next()
            precondition(last == .finished, "an end that is none")
        } catch {
            reading.failure = error
        }
        return reading
    }

    /// Elements nest within the limit, there is one root, and nothing grows: no entity makes more of few bytes.
    private static func checkBounds(_ reading: Reading, _ body: [UInt8]) {
        var depth = 0
        var length = 0
        for (index, event) in reading.events.enumerated() {
            switch event {
            case .start(let name):
                precondition(!name.isEmpty && !name.utf8.contains(UInt8(ascii: ":")), "no local name")
                precondition(depth > 0 || index == 0, "a second root")
                depth += 1
                precondition(depth <= depthLimit, "nested too deeply")
            case .text(let text):
                precondition(depth > 0, "text outside of the root")
                length += text.count
            case .end:
                depth -= 1
                precondition(depth >= 0, "more ends than starts")
            case .finished: precondition(depth == 0 && index > 0, "an element that is not closed")
            }
        }
        precondition(length <= body.count, "more text than there are bytes")
    }

    /// A document that is cut off begins as the whole one does, and counts as whole only if nothing but blanks is lost.
    private static func checkCut(_ piece: Reading, of whole: Reading) {
        var events = piece.events[...]
        if piece.failure == nil {
            precondition(whole.events.starts(with: events.dropLast()), "a document that changes when more comes")
            return
        }
        if case .text(let text) = events.last {
            events = events.dropLast()
            // The whole document may be at fault later in the same text.
            if whole.events.count > events.count {
                guard case .text(let longer) = whole.events[events.count] else {
                    preconditionFailure("a text that is none in the whole document")
                }
                precondition(longer.starts(with: text), "another text")
            }
        }
        precondition(whole.events.starts(with: events), "other events")
    }

    /// Any text without control characters comes back from an error's message, whether escaped or as CDATA.
    private static func checkTexts(_ bytes: [UInt8]) {
        let isClean = bytes.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0d].contains($0) }
        guard isClean, bytes.count <= 1_000, let text = String(validating: bytes, as: UTF8.self) else { return }
        let expected = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var messages = [bytes.flatMap { escapes[$0] ?? [$0] }]
        if !bytes.indices.contains(where: { bytes[$0...].starts(with: "]]>".utf8) }) {
            messages.append(Array("<![CDATA[".utf8) + bytes + Array("]]>".utf8))
        }
        for message in messages {
            let body = Array("<Error><Message>".utf8) + message + Array("</Message><Code>A</Code></Error>".utf8)
            precondition(parse(body) == S3Error(code: "A", message: expected), "another message")
        }
    }

    private static let escapes: [UInt8: [UInt8]] = [
        UInt8(ascii: "<"): Array("&lt;".utf8), UInt8(ascii: "&"): Array("&#38;".utf8),
        UInt8(ascii: ">"): Array("&#x3E;".utf8),
    ]

    private static func parse(_ body: [UInt8]) -> S3Error? {
        try? S3Error.parse(body)
    }

    /// A body is a document exactly when it parses, and every status but success has a fault.
    private static func checkFaults(_ body: [UInt8]) {
        let error = parse(body)
        let content = S3ErrorBody(body)
        switch content {
        case .absent: precondition(body.isEmpty, "a body that is overlooked")
        case .unreadable: precondition(!body.isEmpty && error == nil, "a document that is overlooked")
        case .document(let found): precondition(found == error, "another document")
        }
        for status: UInt16 in [200, 206, 304] {
            precondition(S3Error.fault(status: status, body: content) == nil, "success is a fault")
        }
        for status: UInt16 in [301, 400, 401, 403, 404, 412, 416, 429, 500, 503] {
            precondition(S3Error.fault(status: status, body: content) != nil, "an error is none")
        }
    }

    /// A code is a plain word, texts are short and on one line, and an envelope around the document changes nothing.
    private static func checkError(_ body: [UInt8], _ whole: Reading) {
        guard let error = parse(body) else { return }
        precondition(whole.failure == nil, "an error out of a document that is none")
        precondition((1...128).contains(error.code.utf8.count), "no code, or a long one")
        let isPlain = error.code.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                || "-._~".utf8.contains($0)
        }
        precondition(isPlain, "a code that is no plain word")
        for text in [error.message, error.region ?? "", error.endpoint ?? ""] {
            // A byte that is not UTF-8 becomes the three bytes of U+FFFD.
            precondition(text.utf8.count <= 3 * 1_024, "a long text")
            precondition(!text.utf8.contains { $0 == 0x0a || $0 == 0x0d }, "a line break")
        }
        guard whole.events.first == .start("Error"), body.first == UInt8(ascii: "<") else { return }
        let wrapped = Array("<a:ErrorResponse>".utf8) + body + Array("</a:ErrorResponse >".utf8)
        if read(wrapped).failure != .tooLarge { precondition(parse(wrapped) == error, "an envelope changes it") }
    }
}
