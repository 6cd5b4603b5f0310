import Exchange
import HTTPSemantics
import NIOCore

/// The names of the request fields that choose among an object's responses (RFC 9111 §4.1), and the mark that the keys
/// of those responses carry.
///
/// A new list has a new mark, so that nothing stored below an old one is ever found again.
package struct VariantList: Sendable, Equatable {
    package let names: [[UInt8]]
    package let mark: UInt64

    package init(names: [[UInt8]], mark: UInt64) {
        self.names = names
        self.mark = mark
    }

    /// As it is stored: the names, each with CRLF.
    package init(_ head: StoredHead) {
        names = head.lines.readableBytesView.split(separator: UInt8(ascii: "\n")).map { Array($0.dropLast()) }
        mark = head.mark
    }

    package var lines: ByteBuffer {
        var lines = ByteBuffer()
        for name in names {
            lines.writeBytes(name)
            lines.writeStaticString("\r\n")
        }
        return lines
    }

    /// A digest of a request's values for the names.
    package func digest(of fields: FieldBlock) -> UInt64 {
        var hash = FNV1a()
        for name in names {
            var value: [UInt8] = []
            var isThere = false
            for entry in fields.entries where fields.name(entry).isSpelledFolded(name) {
                isThere = true
                VaryValue.append(fields.value(entry).readableBytesUInt8Span, to: &value)
            }
            hash.combine(name)
            hash.combine([isThere ? 1 : 0])
            hash.combine(value)
            hash.combine([0])
        }
        return hash.value
    }

    /// The key of the response for a request with these fields.
    package func key(below base: CacheKey, for fields: FieldBlock) -> CacheKey {
        base.variant(mark: mark, digest: digest(of: fields))
    }
}

/// FNV-1a of 64 bits (draft-eastlake-fnv), the same in every process: digests of variants are shared through Redis and
/// files. Who finds two values of one digest gets one variant for the other of an object that he may read.
private struct FNV1a {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func combine(_ bytes: [UInt8]) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
}

extension ByteBuffer {
    fileprivate func isSpelledFolded(_ lowered: [UInt8]) -> Bool {
        guard readableBytes == lowered.count else { return false }
        let span = readableBytesUInt8Span
        for index in lowered.indices {
            let byte = span[index]
            guard byte == lowered[index] || (0x41...0x5a).contains(byte) && byte | 0x20 == lowered[index] else {
                return false
            }
        }
        return true
    }
}
