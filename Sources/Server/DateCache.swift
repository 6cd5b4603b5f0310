import HTTPSemantics
import NIOCore

/// The `Date` field's value, made anew at most once a second. Bound to one event loop.
struct DateCache {
    private var second: Int64 = .min
    private var text = ByteBuffer()

    /// The 29 bytes of the IMF-fixdate for `now`, in seconds since the epoch.
    mutating func value(at now: Int64) -> ByteBuffer {
        if now != second {
            second = now
            let date = HTTPDate.format(now)
            text.clear()
            for index in 0..<29 { text.writeInteger(date[index]) }
        }
        return text
    }
}
