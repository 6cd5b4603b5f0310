import Exchange
import NIOCore

/// The numbers and truth values of RESP, which are lines of text.
enum RESPText {
    static func integer(_ line: ByteBuffer) throws(RESPFailure) -> Int64 {
        guard let value = number(line.readableBytesSpan) else { throw .badInteger }
        return value
    }

    /// The length of a string or an aggregate; nil for the -1 by which RESP2 says null.
    static func length(_ line: ByteBuffer) throws(RESPFailure) -> Int? {
        let text = line.readableBytesSpan
        guard !text.equals("?") else { throw .streamed }
        guard !text.equals("-1") else { return nil }
        guard text.byteCount > 0, isDigit(text.byte(at: 0)), let value = number(text) else { throw .badLength }
        return Int(value)
    }

    static func boolean(_ line: ByteBuffer) throws(RESPFailure) -> Bool {
        let text = line.readableBytesSpan
        if text.equals("t") { return true }
        guard text.equals("f") else { throw .badBoolean }
        return false
    }

    static func double(_ line: ByteBuffer) throws(RESPFailure) -> Double {
        let text = line.readableBytesSpan
        if text.equals("inf") { return .infinity }
        if text.equals("-inf") { return -.infinity }
        if text.equals("nan") { return .nan }
        var hasDigit = false
        for at in 0..<text.byteCount {
            switch text.byte(at: at) {
            case 0x30...0x39: hasDigit = true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
            default: throw .badDouble
            }
        }
        guard hasDigit, text.byteCount <= 512, let value = Double(String(buffer: line)) else { throw .badDouble }
        return value
    }

    static func bigNumber(_ line: ByteBuffer) throws(RESPFailure) -> ByteBuffer {
        let text = line.readableBytesSpan
        let start = text.byteCount > 0 && isSign(text.byte(at: 0)) ? 1 : 0
        guard text.byteCount > start else { throw .badBigNumber }
        for at in start..<text.byteCount where !isDigit(text.byte(at: at)) { throw .badBigNumber }
        return line.copied
    }

    /// Nil for anything but a sign, perhaps, and digits that fit.
    private static func number(_ text: RawSpan) -> Int64? {
        guard text.byteCount > 0, text.byteCount <= 20 else { return nil }
        let isNegative = text.byte(at: 0) == UInt8(ascii: "-")
        let start = isSign(text.byte(at: 0)) ? 1 : 0
        guard text.byteCount > start else { return nil }
        var value: Int64 = 0
        for at in start..<text.byteCount {
            guard isDigit(text.byte(at: at)) else { return nil }
            let digit = Int64(text.byte(at: at) - 0x30)
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let sum =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !isOver, !sum.overflow else { return nil }
            value = sum.partialValue
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }
}
