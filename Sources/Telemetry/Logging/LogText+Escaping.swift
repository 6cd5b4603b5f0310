/// Escaping: text from outside becomes the inside of a JSON string that is one line and valid UTF-8.
///
/// RFC 8259 §7 asks for the quote, the backslash and the controls below U+0020. Escaped as well: DEL and the C1
/// controls (a terminal obeys them), U+2028…U+202E and U+2066…U+2069 (line breaks and direction marks that make a
/// line look like another one). What is not UTF-8 becomes U+FFFD, one for each maximal subpart (Unicode §3.9).
extension OutputRawSpan {
    /// Appends `bytes` escaped, as long as at most `limit` bytes are written; `…` takes the place of what is cut off.
    @inline(__always)
    mutating func write(escaped bytes: RawSpan, limit: Int) {
        let end = byteCount &+ min(limit, freeCapacity &- 3)
        let position = write(plain: bytes, from: 0, before: end)
        if position < bytes.byteCount { escape(bytes, from: position, before: end) }
    }

    /// Appends the rest of a text from `start` on, where something is that needs an escape or a cut.
    @inline(never)
    private mutating func escape(_ bytes: RawSpan, from start: Int, before end: Int) {
        var position = start
        while position < bytes.byteCount {
            let unit = TextUnit(at: position, in: bytes)
            guard byteCount &+ unit.escapedLength <= end else { return cutOff() }
            write(unit, from: position, of: bytes)
            position = write(plain: bytes, from: position &+ unit.length, before: end)
        }
    }

    /// Appends `bytes` escaped and the quote after them, where the one before them stands already.
    mutating func write(quotedRest bytes: RawSpan, limit: Int) {
        write(escaped: bytes, limit: limit)
        write(UInt8(ascii: "\""))
    }

    /// Appends `bytes` if a text line can hold them as they are, without quotes; whether it can.
    mutating func write(bare bytes: RawSpan) -> Bool {
        let count = write(plain: bytes, from: 0, before: byteCount &+ freeCapacity, isBare: true)
        if count == bytes.byteCount { return true }
        removeLast(count)
        return false
    }

    /// Appends what needs no escape from `start` on, up to the place `end`; the position after it.
    @inline(__always)
    private mutating func write(
        plain bytes: RawSpan, from start: Int, before end: Int, isBare: Bool = false
    ) -> Int {
        let stop = min(bytes.byteCount, start &+ end &- byteCount)
        guard start < stop else { return start }
        return unsafe withUnsafeMutableBytes { target, initialized in
            guard let base = target.baseAddress else { return start }
            // `stop` lies within the text, and as much of the target is free as lies between it and `start`
            let place = unsafe base + (initialized &- start)
            let position = unsafe bytes.copyPlain(start..<stop, to: place, isBare: isBare)
            initialized &+= position &- start
            return position
        }
    }

    private mutating func cutOff() {
        guard freeCapacity >= 3 else { return }
        append(0xE2)
        append(0x80)
        append(0xA6)
    }

    private mutating func write(_ unit: TextUnit, from position: Int, of bytes: RawSpan) {
        switch unit.form {
        case .plain:
            for offset in 0..<unit.length { append(bytes.byte(at: position &+ offset)) }
        case .short(let letter):
            append(UInt8(ascii: "\\"))
            append(letter)
        case .code:
            append(UInt8(ascii: "\\"))
            append(UInt8(ascii: "u"))
            var shift: UInt32 = 16
            while shift > 0 {
                shift &-= 4
                append(hexDigit(UInt8(truncatingIfNeeded: unit.scalar >> shift) & 15))
            }
        case .replacement:
            append(0xEF)
            append(0xBF)
            append(0xBD)
        }
    }
}

/// One character of a text from outside, or one run of bytes that is none.
struct TextUnit {
    enum Form: Equatable {
        case plain
        /// Backslash and a letter.
        case short(UInt8)
        /// `\uXXXX`.
        case code
        /// U+FFFD.
        case replacement
    }

    var scalar: UInt32
    /// How many bytes of the text it is.
    var length: Int
    var form: Form

    var escapedLength: Int {
        switch form {
        case .plain: length
        case .short: 2
        case .code: 6
        case .replacement: 3
        }
    }

    /// Decodes the unit that starts at `position`, which must lie within `bytes`.
    init(at position: Int, in bytes: RawSpan) {
        let lead = bytes.byte(at: position)
        scalar = UInt32(lead)
        length = 1
        form = .plain
        guard lead >= 0x80 else {
            form = Self.form(ofASCII: lead)
            return
        }
        guard let shape = Self.shape(of: lead) else {
            form = .replacement
            return
        }
        scalar = UInt32(lead) & (0x7F >> UInt32(shape.count))
        for offset in 1..<shape.count {
            let next = position &+ offset < bytes.byteCount ? bytes.byte(at: position &+ offset) : 0
            let range = offset == 1 ? shape.second : 0x80...0xBF
            guard range.contains(next) else {
                form = .replacement
                return
            }
            scalar = scalar << 6 | UInt32(next & 0x3F)
            length &+= 1
        }
        if isTrouble { form = .code }
    }

    private var isTrouble: Bool {
        switch scalar {
        case 0x80...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func form(ofASCII byte: UInt8) -> Form {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): .short(byte)
        case 0x0A: .short(UInt8(ascii: "n"))
        case 0x0D: .short(UInt8(ascii: "r"))
        case 0x09: .short(UInt8(ascii: "t"))
        case 0x00..<0x20, 0x7F: .code
        default: .plain
        }
    }

    /// Length and legal second bytes by the first byte (Unicode table 3-7).
    private static func shape(of lead: UInt8) -> (count: Int, second: ClosedRange<UInt8>)? {
        switch lead {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }
}

func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble }
