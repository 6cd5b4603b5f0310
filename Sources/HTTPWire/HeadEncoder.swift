import Exchange
import NIOCore

/// How a response's head tells where its body ends.
package enum WireFraming: Sendable, Equatable {
    /// `Content-Length`.
    case length(Int64)
    /// `Transfer-Encoding: chunked`; only towards HTTP/1.1.
    case chunked
    /// The body ends with the connection: `keepsAlive` must be false.
    case untilClose
    /// No body, and no field that speaks of one.
    case absent
}

/// Writes the heads of responses (RFC 9112 §4).
package enum HeadEncoder {
    /// The longest status line, `Date`, `Connection`, framing field, id, what tells of the cache, and line ends
    /// together, generously.
    package static let maxOwnLength = 640

    /// Appends the status line, `Date`, `Connection`, the framing field, the id, the head's own lines and the empty
    /// line.
    ///
    /// `date`: the 29 bytes of an IMF-fixdate (RFC 9110 §5.6.7). `minorVersion` is the request's: persistence is said
    /// aloud only where it is not the default (RFC 9112 §9.3).
    package static func write(
        _ head: ResponseHead, framing: WireFraming, date: ByteBuffer, minorVersion: UInt8, keepsAlive: Bool,
        to out: inout ByteBuffer
    ) {
        let capacity = maxOwnLength + head.lines.readableBytes
        unsafe out.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { target in
            var cursor = unsafe ByteCursor(target)
            writeStatusLine(head.status, &cursor)
            if !head.hasDate {
                cursor.write("Date: ")
                cursor.write(date.readableBytesSpan)
                cursor.write("\r\n")
            }
            if !keepsAlive {
                cursor.write("Connection: close\r\n")
            } else if minorVersion == 0 {
                cursor.write("Connection: keep-alive\r\n")
            }
            switch framing {
            case .length(let count):
                cursor.write("Content-Length: ")
                cursor.write(decimal: UInt64(max(count, 0)))
                cursor.write("\r\n")
            case .chunked: cursor.write("Transfer-Encoding: chunked\r\n")
            case .untilClose, .absent: break
            }
            if let id = head.requestID {
                cursor.write("X-Request-ID: ")
                let text = id.text
                unsafe cursor.write(text.span.bytes)
                cursor.write("\r\n")
            }
            if let note = head.cache { write(note, &cursor) }
            cursor.write(head.lines.readableBytesSpan)
            cursor.write("\r\n")
            return cursor.count
        }
    }

    /// `X-Cache`, `Age` on hits (RFC 9111 §5.1), `Cache-Status` (RFC 9211 §2).
    private static func write(_ note: borrowing CacheNote, _ cursor: inout ByteCursor) {
        if note.isHit {
            cursor.write("X-Cache: HIT\r\nAge: ")
            cursor.write(decimal: UInt64(max(note.age, 0)))
            // Either there was a hit, or a word of the origin's (RFC 9211 §2.1).
            cursor.write(note.forward == .none ? "\r\nCache-Status: yatagarasu; hit" : "\r\nCache-Status: yatagarasu")
        } else if case .bypass = note.forward {
            cursor.write("X-Cache: BYPASS\r\nCache-Status: yatagarasu")
        } else {
            cursor.write("X-Cache: MISS\r\nCache-Status: yatagarasu")
        }
        switch note.forward {
        case .none:
            cursor.write(note.timeToLive < 0 ? "; ttl=-" : "; ttl=")
            cursor.write(decimal: note.timeToLive.magnitude)
        case .uriMiss: cursor.write("; fwd=uri-miss")
        case .varyMiss: cursor.write("; fwd=vary-miss")
        case .stale: cursor.write("; fwd=stale")
        case .bypass: cursor.write("; fwd=bypass")
        }
        if note.forwardStatus > 0 {
            cursor.write("; fwd-status=")
            cursor.write(decimal: UInt64(note.forwardStatus))
        }
        if note.isStored { cursor.write("; stored") }
        if note.isCollapsed { cursor.write("; collapsed") }
        cursor.write("\r\n")
    }

    private static func writeStatusLine(_ status: UInt16, _ cursor: inout ByteCursor) {
        if let line = StatusLine.encoded(status) {
            cursor.write(line)
        } else {
            cursor.write("HTTP/1.1 ")
            cursor.write(decimal: UInt64(status))
            cursor.write(" \r\n")
        }
    }
}
