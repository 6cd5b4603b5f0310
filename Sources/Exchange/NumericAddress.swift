import NIOCore

/// The IP address of a client or a hop as a value: 128 bits, an IPv4 address as its IPv4-mapped form.
///
/// An IPv4 client of an IPv6 socket (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2) is thus the same as of an IPv4 socket. Read
/// and written without the C library, a `String` or an allocation: neither names nor scopes are understood.
package struct NumericAddress: Sendable, Hashable {
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }

    package init(ipv4: UInt32) { bits = Self.mapped | UInt128(ipv4) }

    /// `::ffff:0:0`, the first of the IPv4-mapped addresses.
    static let mapped: UInt128 = 0xffff_0000_0000

    package var isIPv4: Bool { bits >> 32 == 0xffff }

    /// What one holder of addresses has at least: an IPv4 address, and for IPv6 the first 64 bits, behind which a
    /// host chooses as it likes (RFC 4291 §2.5.4, RFC 8981).
    package var site: NumericAddress { isIPv4 ? self : NumericAddress(bits: bits & ~UInt128(UInt64.max)) }

    /// Nil for a socket that is not of the Internet.
    package init?(_ address: SocketAddress) {
        switch address.protocol {
        case .inet: self.init(ipv4: UInt32(bigEndian: Self.load(address, at: 4)))
        case .inet6: self.init(bits: UInt128(bigEndian: Self.load(address, at: 8)))
        default: return nil
        }
    }

    /// What stands in a `sockaddr_in` or a `sockaddr_in6`, whose sizes NIO sees to.
    private static func load<Word: FixedWidthInteger & BitwiseCopyable>(
        _ address: SocketAddress, at offset: Int
    ) -> Word {
        unsafe address.withSockAddr { socket, _ in
            unsafe UnsafeRawPointer(socket).loadUnaligned(fromByteOffset: offset, as: Word.self)
        }
    }

    /// Takes four decimal numbers, or any form of RFC 4291 §2.2; no brackets, port, scope, blank or leading zero in
    /// IPv4. Nil for anything else.
    package init?(_ text: Span<UInt8>) {
        for index in text.indices where text[index] == Self.colon {
            self.init(ipv6: text)
            return
        }
        self.init(ipv4: text)
    }

    /// Takes four decimal numbers.
    package init?(ipv4 text: Span<UInt8>) {
        guard let value = Self.dotted(text) else { return nil }
        self.init(ipv4: value)
    }

    /// Takes any form of RFC 4291 §2.2.
    package init?(ipv6 text: Span<UInt8>) {
        guard let bits = Self.groups(text) else { return nil }
        self.bits = bits
    }

    private static let colon = UInt8(ascii: ":")
    private static let dot = UInt8(ascii: ".")

    private static func dotted(_ text: Span<UInt8>) -> UInt32? {
        guard (7...15).contains(text.count) else { return nil }
        var value: UInt32 = 0
        var part: UInt32 = 0
        var (digits, dots) = (0, 0)
        for index in text.indices {
            switch text[index] {
            case 0x30...0x39:
                guard digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(text[index] - 0x30)
                digits += 1
                guard part <= 255 else { return nil }
            case dot:
                guard digits > 0, dots < 3 else { return nil }
                value = value << 8 | part
                (part, digits) = (0, 0)
                dots += 1
            default: return nil
            }
        }
        return dots == 3 && digits > 0 ? value << 8 | part : nil
    }

    private static func groups(_ text: Span<UInt8>) -> UInt128? {
        guard (2...45).contains(text.count) else { return nil }
        var gathered = Groups()
        var index = 0
        if text[0] == colon {
            guard text[1] == colon else { return nil }
            gathered.leaveGap()
            index = 2
        }
        while index < text.count {
            let start = index
            var group: UInt128 = 0
            while index < text.count, let digit = hexDigit(text[index]) {
                group = group << 4 | UInt128(digit)
                index += 1
            }
            guard (1...4).contains(index - start) else { return nil }
            if index < text.count, text[index] == dot {
                guard let value = dotted(text.extracting(start...)) else { return nil }
                gathered.add(UInt128(value >> 16))
                gathered.add(UInt128(value & 0xffff))
                return gathered.bits
            }
            gathered.add(group)
            guard index < text.count else { break }
            guard text[index] == colon, index + 1 < text.count else { return nil }
            index += 1
            guard text[index] == colon else { continue }
            guard !gathered.hasGap else { return nil }
            gathered.leaveGap()
            index += 1
        }
        return gathered.bits
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The groups before and behind `::`.
    private struct Groups {
        private var head: UInt128 = 0
        private var tail: UInt128 = 0
        private var headCount = 0
        private var tailCount = 0
        private(set) var hasGap = false

        mutating func leaveGap() { hasGap = true }

        mutating func add(_ group: UInt128) {
            if hasGap {
                tail = tail << 16 | group
                tailCount += 1
            } else {
                head = head << 16 | group
                headCount += 1
            }
        }

        /// Nil when there are too many groups or too few.
        var bits: UInt128? {
            guard hasGap else { return headCount == 8 ? head : nil }
            return headCount + tailCount <= 7 ? head << (16 * (8 - headCount)) | tail : nil
        }
    }
}

extension NumericAddress: CustomStringConvertible {
    /// The canonical text, of IPv6 as RFC 5952 §4 wants it, without brackets.
    package var text: ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(40)
        if isIPv4 { writeIPv4(to: &out) } else { writeIPv6(to: &out) }
        return out
    }

    package var description: String { String(buffer: text) }

    private func writeIPv4(to out: inout ByteBuffer) {
        for shift in [24, 16, 8, 0] {
            out.writeDecimal(Int64(bits >> shift & 0xff))
            if shift > 0 { out.writeStaticString(".") }
        }
    }

    private func writeIPv6(to out: inout ByteBuffer) {
        let gap = longestGap
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                out.writeStaticString("::")
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { out.writeStaticString(":") }
            Self.writeHex(group(index), to: &out)
            index += 1
        }
    }

    private func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> (112 - 16 * index)) }

    /// The first of the longest runs of zero groups, when it is of two or more.
    private var longestGap: Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0..<8 {
            guard group(index) == 0 else {
                start = index + 1
                continue
            }
            if index + 1 - start > longest.count { longest = start..<(index + 1) }
        }
        return longest.count > 1 ? longest : 0..<0
    }

    private static func writeHex(_ group: UInt16, to out: inout ByteBuffer) {
        var hasBegun = false
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(group >> shift & 0xf)
            guard hasBegun || digit > 0 || shift == 0 else { continue }
            hasBegun = true
            out.writeInteger(digit + (digit < 10 ? 0x30 : 0x57))
        }
    }
}
