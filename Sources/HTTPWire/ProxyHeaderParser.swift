import Exchange
import NIOCore

/// Reads the PROXY header at the beginning of a connection: version 1, a line of text, or version 2, a binary block.
///
/// Strict and bounded; it keeps nothing between calls, for a header that is not complete is short. What it says does
/// not depend on where the bytes are cut.
package struct ProxyHeaderParser: Sendable {
    /// Which versions a connection may begin with.
    package enum Versions: Sendable, CaseIterable { case v1, v2, any }

    private let accepts: Versions

    package init(accepts: Versions) { self.accepts = accepts }

    /// Takes the header from the front of `buffer`; nil while it is not complete, and then nothing is taken.
    package func parse(_ buffer: inout ByteBuffer) throws(ProxyHeaderFailure) -> ProxyHeader? {
        guard let found = try read(buffer.readableBytesUInt8Span) else { return nil }
        buffer.moveReaderIndex(forwardBy: found.length)
        return found.header
    }

    /// What a hop sends that speaks for itself and for no client (§2.2, LOCAL).
    package static let local: [UInt8] = ProxyBlock.mark + [0x20, 0, 0, 0]

    /// Whether bytes that are no request begin like such a header; of a block, a request's parser has skipped the
    /// first lines, which are empty.
    package static func isMeant(by buffer: ByteBuffer) -> Bool {
        let bytes = buffer.readableBytesView
        return bytes.starts(with: ProxyLine.mark + [UInt8(ascii: " ")]) || bytes.starts(with: ProxyBlock.mark)
            || bytes.starts(with: ProxyBlock.mark.dropFirst(4))
    }

    private func read(_ bytes: Span<UInt8>) throws(ProxyHeaderFailure) -> (header: ProxyHeader, length: Int)? {
        guard bytes.count > 0 else { return nil }
        let isLine = bytes[0] == ProxyLine.mark[0]
        switch accepts {
        case .v1: guard isLine else { throw .missing }
        case .v2: guard !isLine else { throw .missing }
        case .any: break
        }
        let mark = isLine ? ProxyLine.mark : ProxyBlock.mark
        for index in 0..<min(bytes.count, mark.count) where bytes[index] != mark[index] { throw .missing }
        return try isLine ? ProxyLine.read(bytes) : ProxyBlock.read(bytes)
    }
}

/// Version 1 (§2.1): `PROXY TCP4 192.0.2.7 192.0.2.1 56324 443 CRLF`.
enum ProxyLine {
    static let mark = Array("PROXY".utf8)
    /// CRLF included.
    static let longest = 107

    static func read(_ bytes: Span<UInt8>) throws(ProxyHeaderFailure) -> (header: ProxyHeader, length: Int)? {
        for index in 0..<min(bytes.count, longest) {
            switch bytes[index] {
            case 0x0a: throw .badLine
            case 0x0d:
                guard index + 1 < longest else { throw .tooLong }
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == 0x0a else { throw .badLine }
                return (try header(of: bytes.extracting(0..<index)), index + 2)
            default: continue
            }
        }
        guard bytes.count < longest else { throw .tooLong }
        return nil
    }

    private static func header(of line: Span<UInt8>) throws(ProxyHeaderFailure) -> ProxyHeader {
        var end = mark.count
        guard let kind = nextWord(line, &end) else { throw .badLine }
        // Whatever follows it says nothing.
        if equals(line.extracting(kind), "UNKNOWN") { return .peer }
        let isNarrow = equals(line.extracting(kind), "TCP4")
        guard isNarrow || equals(line.extracting(kind), "TCP6"),
            let source = nextWord(line, &end), let destination = nextWord(line, &end),
            let sourcePort = nextWord(line, &end), let destinationPort = nextWord(line, &end), end == line.count,
            let client = address(line.extracting(source), isNarrow: isNarrow),
            address(line.extracting(destination), isNarrow: isNarrow) != nil,
            isPort(line.extracting(sourcePort)), isPort(line.extracting(destinationPort))
        else { throw .badLine }
        return .source(client)
    }

    /// The word behind one space at `end`, which moves behind it.
    private static func nextWord(_ line: Span<UInt8>, _ end: inout Int) -> Range<Int>? {
        guard end < line.count, line[end] == 0x20 else { return nil }
        let start = end + 1
        end = start
        while end < line.count, line[end] != 0x20 { end += 1 }
        return end > start ? start..<end : nil
    }

    private static func address(_ text: Span<UInt8>, isNarrow: Bool) -> NumericAddress? {
        isNarrow ? NumericAddress(ipv4: text) : NumericAddress(ipv6: text)
    }

    private static func equals(_ word: Span<UInt8>, _ text: StaticString) -> Bool {
        guard word.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where unsafe word[index] != wanted[index] { return false }
            return true
        }
    }

    /// 0 to 65535 without a needless zero.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard (1...5).contains(text.count), text.count == 1 || text[0] != 0x30 else { return false }
        var port = 0
        for index in text.indices {
            guard (0x30...0x39).contains(text[index]) else { return false }
            port = port * 10 + Int(text[index] - 0x30)
        }
        return port <= 65_535
    }
}

/// Version 2 (§2.2): a mark, version and command, family and transport, a length, addresses, extensions.
enum ProxyBlock {
    static let mark: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    /// Addresses take 216 bytes at most; the rest is for extensions.
    static let longest = 4_096
    private static let headLength = 16

    static func read(_ bytes: Span<UInt8>) throws(ProxyHeaderFailure) -> (header: ProxyHeader, length: Int)? {
        guard bytes.count >= headLength else { return nil }
        let isLocal = bytes[12] == 0x20
        guard isLocal || bytes[12] == 0x21 else { throw .badKind }
        // What is local may say anything else.
        let addresses = isLocal ? 0 : try addressLength(bytes[13])
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length >= addresses else { throw .tooShort }
        guard headLength + length <= longest else { throw .tooLong }
        guard bytes.count >= headLength + length else { return nil }
        let header: ProxyHeader =
            switch addresses {
            case 12: .source(NumericAddress(ipv4: UInt32(word(bytes, 4))))
            case 36: .source(NumericAddress(bits: word(bytes, 16)))
            default: .peer
            }
        return (header, headLength + length)
    }

    /// How long the two ends are that a family and transport tell.
    private static func addressLength(_ kind: UInt8) throws(ProxyHeaderFailure) -> Int {
        switch kind {
        case 0x00: 0
        case 0x11: 12
        case 0x21: 36
        case 0x31: 216
        default: throw .badKind
        }
    }

    /// The first bytes of the addresses as a number.
    private static func word(_ bytes: Span<UInt8>, _ count: Int) -> UInt128 {
        var word: UInt128 = 0
        for index in headLength..<(headLength + count) { word = word << 8 | UInt128(bytes[index]) }
        return word
    }
}
