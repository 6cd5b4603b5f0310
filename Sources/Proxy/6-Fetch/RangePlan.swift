import Exchange
import HTTPSemantics
import NIOCore

/// What a request's Range and If-Range ask for (RFC 9110 §13.1.5, §14.2).
///
/// If-Range is not known to every S3 server, so it is asked as If-Match or If-Unmodified-Since; a failed condition then
/// means "the whole object".
enum RangePlan {
    /// No range, one that is not understood, or one that does not apply: the whole object.
    case whole
    case single(ByteRange.Spec, condition: Condition?)
    case several([ByteRange.Spec])

    /// The stand-in for an If-Range.
    enum Condition: Equatable {
        case tag(ByteBuffer)
        case date(ByteBuffer)

        func writeLine(to lines: inout ByteBuffer) {
            switch self {
            case .tag(var value):
                lines.writeStaticString("If-Match: ")
                lines.writeBuffer(&value)
            case .date(var value):
                lines.writeStaticString("If-Unmodified-Since: ")
                lines.writeBuffer(&value)
            }
            lines.writeStaticString("\r\n")
        }
    }

    /// More ranges than this are not honoured: the whole object is served.
    static let maxRanges = 64

    init(_ head: borrowing RequestHead) {
        guard head.isGet, let field = head.fields.value(.range),
            let specs = ByteRange.parse(field.readableBytesUInt8Span, limit: Self.maxRanges), let first = specs.first
        else {
            self = .whole
            return
        }
        if specs.count > 1 {
            self = .several(specs)
            return
        }
        guard let ifRange = head.fields.value(.ifRange) else {
            self = .single(first, condition: nil)
            return
        }
        // With a precondition of its own beside If-Range the range is left out, which RFC 9110 §14.2 allows.
        let isPlain = !head.fields.contains(.ifMatch) && !head.fields.contains(.ifUnmodifiedSince)
        guard isPlain, let condition = Self.condition(ifRange) else {
            self = .whole
            return
        }
        self = .single(first, condition: condition)
    }

    /// The ranges that are asked for; empty for the whole object.
    var specs: [ByteRange.Spec] {
        switch self {
        case .whole: []
        case .single(let spec, condition: _): [spec]
        case .several(let specs): specs
        }
    }

    /// Whether an If-Range names a version at all.
    static func isValidator(_ value: ByteBuffer) -> Bool {
        value.readableBytesView.starts(with: "W/".utf8) || condition(value) != nil
    }

    private static func condition(_ value: ByteBuffer) -> Condition? {
        let span = value.readableBytesUInt8Span
        if span.count >= 2, span[0] == UInt8(ascii: "\"") { return .tag(value) }
        return HTTPDate.parse(span, now: 0) == nil ? nil : .date(value)
    }
}

extension ByteRange.Spec {
    /// The Range field that asks for exactly this.
    func writeLine(to lines: inout ByteBuffer) {
        lines.writeStaticString("Range: bytes=")
        switch self {
        case .bounded(let first, let last):
            lines.writeDecimal(first)
            lines.writeStaticString("-")
            lines.writeDecimal(last)
        case .from(let first):
            lines.writeDecimal(first)
            lines.writeStaticString("-")
        case .suffix(let count):
            lines.writeStaticString("-")
            lines.writeDecimal(count)
        }
        lines.writeStaticString("\r\n")
    }
}
