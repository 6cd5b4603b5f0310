/// Byte-wise reading of header text: what the grammars of RFC 9110 §5.6 are made of.
extension Span where Element == UInt8 {
    /// Whether the bytes are `text`, upper and lower case taken as equal; `text` is given in lower case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasPrefixIgnoringCase(text)
    }

    func hasPrefixIgnoringCase(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where unsafe self[index].asciiLowercased != wanted[index] { return false }
            return true
        }
    }

    func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// The number written at `range` in decimal digits only, of any length; a number too large gives `Int64.max`.
    /// Nil when the range is empty or holds anything else.
    func decimal(_ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= count else { return nil }
        var value: Int64 = 0
        var isTooLarge = false
        for index in range {
            guard let digit = self[index].asciiDigit else { return nil }
            let (product, hasOverflown) = value.multipliedReportingOverflow(by: 10)
            let (sum, hasOverflownAgain) = product.addingReportingOverflow(Int64(digit))
            if hasOverflown || hasOverflownAgain { isTooLarge = true }
            value = isTooLarge ? Int64.max : sum
        }
        return value
    }

    /// delta-seconds of RFC 9111 §1.2.2: what is larger than 2^31 counts as that. Nil for anything but digits.
    func deltaSeconds(_ range: Range<Int>) -> Int64? {
        decimal(range).map { Swift.min($0, 1 << 31) }
    }

    /// Whether the bytes are a token (RFC 9110 §5.6.2).
    var isToken: Bool {
        for index in indices where !self[index].isTokenByte { return false }
        return !isEmpty
    }

    var lowercased: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(count)
        for index in indices { out.append(self[index].asciiLowercased) }
        return out
    }

    /// `range` without optional white space (space, tab) at both ends.
    package func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isOptionalWhiteSpace { lower += 1 }
        while upper > lower, self[upper - 1].isOptionalWhiteSpace { upper -= 1 }
        return lower..<upper
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5a ? self | 0x20 : self }
    var isOptionalWhiteSpace: Bool { self == 0x20 || self == 0x09 }
    var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x5e...0x7a, 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x7c, 0x7e: true
        default: false
        }
    }
    var asciiDigit: UInt8? { self >= 0x30 && self <= 0x39 ? self - 0x30 : nil }

    /// The value of a hexadecimal digit of either case.
    package var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    mutating func appendDecimal(_ number: Int64) {
        var rest = number.magnitude
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var count = 0
        repeat {
            digits[19 - count] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
            rest /= 10
            count += 1
        } while rest > 0
        if number < 0 { append(0x2d) }
        for index in (20 - count)..<20 { append(digits[index]) }
    }
}
