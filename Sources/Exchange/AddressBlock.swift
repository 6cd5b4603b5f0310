/// An IP address, or all addresses that begin alike: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32` (RFC 4632, RFC 4291
/// §2.3).
///
/// IPv4 and IPv6 are apart: no IPv4 address is in `::/0`.
package struct AddressBlock: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case malformed
        /// Bits are set behind the length, which nobody means; the block that was perhaps meant.
        case hostBits(AddressBlock)
    }

    /// The first address.
    package let address: NumericAddress
    /// Bits that all addresses share, of 128.
    let prefixLength: Int

    private init(_ address: NumericAddress, _ prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    package init(parsing text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        guard let address = NumericAddress(bytes.span.extracting(0..<slash)) else { throw .malformed }
        let isNarrow = address.isIPv4 && !bytes[..<slash].contains(UInt8(ascii: ":"))
        var length = 128
        if slash < bytes.count {
            let digits = bytes[(slash + 1)...]
            guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                digits.count == 1 || digits.first != 0x30, let number = Int(String(decoding: digits, as: UTF8.self)),
                number <= (isNarrow ? 32 : 128)
            else { throw .malformed }
            length = isNarrow ? number + 96 : number
        }
        let first = NumericAddress(bits: address.bits & Self.mask(length))
        guard first == address else { throw .hostBits(AddressBlock(first, length)) }
        self.init(address, length)
    }

    package init?(_ text: String) {
        do throws(Failure) { try self.init(parsing: text) } catch { return nil }
    }

    package var text: String {
        let isNarrow = isIPv4
        if prefixLength == 128 { return address.description }
        return "\(address)/\(isNarrow ? prefixLength - 96 : prefixLength)"
    }

    private var isIPv4: Bool { address.isIPv4 && prefixLength >= 96 }

    private static func mask(_ length: Int) -> UInt128 { length == 0 ? 0 : UInt128.max << (128 - length) }

    /// From the first address to the last one; without the IPv4 addresses where they lie inside.
    var ranges: [ClosedRange<UInt128>] {
        let whole = address.bits...(address.bits | ~Self.mask(prefixLength))
        guard !isIPv4, whole.contains(NumericAddress.mapped) else { return [whole] }
        let last = NumericAddress.mapped | UInt128(UInt32.max)
        return [whole.lowerBound...(NumericAddress.mapped - 1), (last + 1)...whole.upperBound]
    }
}

extension AddressBlock: Equatable {
    package static func == (left: AddressBlock, right: AddressBlock) -> Bool {
        left.address == right.address && left.prefixLength == right.prefixLength
    }
}
