import Exchange
import NIOCore

@testable import HTTPWire

/// What became of some bytes, as text that a table can hold.
///
/// `GET /path ?query 1.1 length(3) close expects [Host=a] +rest` for a head, `incomplete`, or the failure's name.
enum Outcome {
    static func request(_ bytes: ByteBuffer, limits: WireLimits = WireLimits()) -> String {
        var parser = RequestParser(limits: limits)
        return trickled(bytes, every: .max) { buffer throws(WireFailure) in
            try parser.parse(&buffer).map { describe($0) }
        }
    }

    /// The same, given in pieces of `step` bytes.
    static func request(_ bytes: ByteBuffer, every step: Int, limits: WireLimits = WireLimits()) -> String {
        var parser = RequestParser(limits: limits)
        return trickled(bytes, every: step) { buffer throws(WireFailure) in
            try parser.parse(&buffer).map { describe($0) }
        }
    }

    static func response(_ bytes: ByteBuffer, every step: Int = .max, isHead: Bool = false) -> String {
        var parser = ResponseParser(limits: WireLimits())
        return trickled(bytes, every: step) { buffer throws(WireFailure) in
            try parser.parse(&buffer, isHead: isHead).map { describe($0) }
        }
    }

    /// A decoded body and what stands behind it: `body|rest`, or the failure's name.
    static func body(_ bytes: ByteBuffer, framing: BodyFraming, every step: Int = .max) -> String {
        var decoder = BodyDecoder(framing)
        var body = ""
        return trickled(bytes, every: step) { buffer throws(WireFailure) in
            while true {
                switch try decoder.next(&buffer) {
                case .chunk(let chunk): body += text(chunk)
                case .needsMore: return nil
                case .end: return body
                }
            }
        }
    }

    /// Feeds `bytes` in pieces until `take` gives a result; what is left follows it behind `|`.
    static func trickled(
        _ bytes: ByteBuffer, every step: Int, _ take: (inout ByteBuffer) throws(WireFailure) -> String?
    ) -> String {
        var rest = bytes
        var buffer = ByteBuffer()
        do {
            repeat {
                var piece = rest.readSlice(length: min(step, rest.readableBytes)) ?? ByteBuffer()
                buffer.writeBuffer(&piece)
                if let result = try take(&buffer) {
                    buffer.writeBuffer(&rest)
                    return buffer.readableBytes == 0 ? result : "\(result)|\(text(buffer))"
                }
            } while rest.readableBytes > 0
        } catch {
            return describe(error)
        }
        return "incomplete"
    }

    static func describe(_ failure: WireFailure) -> String {
        if case .malformed(let fault) = failure { fault.rawValue } else { "\(failure)" }
    }

    static func describe(_ head: RequestHead) -> String {
        var parts = [
            head.method == .other ? text(head.methodToken ?? ByteBuffer()) : head.method.name, text(head.path),
        ]
        if let query = head.query { parts.append("?\(text(query))") }
        parts.append("1.\(head.minorVersion) \(head.framing)")
        if !head.keepsAlive { parts.append("close") }
        if head.expectsContinue { parts.append("expects") }
        parts.append(describe(head.fields))
        return parts.joined(separator: " ")
    }

    static func describe(_ head: OriginHead) -> String {
        var parts = ["\(head.status) 1.\(head.minorVersion) \(head.framing)"]
        if let length = head.declaredLength { parts.append("declares \(length)") }
        if !head.keepsAlive { parts.append("close") }
        parts.append(describe(head.fields))
        return parts.joined(separator: " ")
    }

    static func describe(_ fields: FieldBlock) -> String {
        let lines = fields.entries.map { "\(text(fields.name($0)))=\(text(fields.value($0)))" }
        return "[\(lines.joined(separator: ", "))]"
    }

    /// Bytes as Latin-1, so that none is lost.
    static func text(_ buffer: ByteBuffer) -> String {
        String(String.UnicodeScalarView(buffer.readableBytesView.map { Unicode.Scalar($0) }))
    }
}

extension ByteBuffer {
    /// Each scalar of `text` as one byte.
    init(latin1 text: String) {
        self.init(bytes: text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }
}
