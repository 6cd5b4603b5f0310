import HTTPSemantics
import NIOCore

/// The dates of Signature Version 4: `20130524T000000Z`, and its first eight characters for the credential scope.
package enum AmzDate {
    package static func text(_ seconds: Int64) -> String {
        let time = CivilTime(seconds: seconds)
        var out = ByteBuffer()
        for pair in [time.year / 100, time.year % 100, time.month, time.day] { out.writeTwoDigits(pair) }
        out.writeStaticString("T")
        for pair in [time.hour, time.minute, time.second] { out.writeTwoDigits(pair) }
        out.writeStaticString("Z")
        return String(buffer: out)
    }

    /// Seconds since the epoch; nil for anything but a real moment in this form.
    package static func parse(_ bytes: Span<UInt8>) -> Int64? {
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        var pairs: InlineArray<7, Int> = .init(repeating: 0)
        for pair in 0..<7 {
            let index = pair < 4 ? pair * 2 : pair * 2 + 1
            guard bytes[index].isDigit, bytes[index + 1].isDigit else { return nil }
            pairs[pair] = Int(bytes[index] - 0x30) * 10 + Int(bytes[index + 1] - 0x30)
        }
        return CivilTime(
            year: pairs[0] * 100 + pairs[1], month: pairs[2], day: pairs[3], hour: pairs[4], minute: pairs[5],
            second: pairs[6]
        ).seconds
    }
}

extension ByteBuffer {
    fileprivate mutating func writeTwoDigits(_ number: Int) {
        writeInteger(UInt8(truncatingIfNeeded: number / 10 % 10) + 0x30)
        writeInteger(UInt8(truncatingIfNeeded: number % 10) + 0x30)
    }
}
