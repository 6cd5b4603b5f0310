import Exchange
import HTTPWire
import NIOCore

extension FuzzTarget {
    /// The PROXY header at the beginning of a connection: strict, bounded, and the same however its bytes are cut.
    ///
    /// The first byte chooses the versions.
    static let proxyHeader = FuzzTarget(name: "proxyheader") { input in
        var bytes = input
        guard let choice = bytes.readInteger(as: UInt8.self) else { return }
        let all = ProxyHeaderParser.Versions.allCases
        let parser = ProxyHeaderParser(accepts: all[Int(choice) % all.count])
        let whole = read(bytes, parser, every: bytes.readableBytes)
        precondition(read(bytes, parser, every: 1) == whole, "cutting changed what is read")
        precondition(read(bytes, parser, every: 1 + Int(choice >> 2) % 50) == whole, "cutting changed what is read")
        check(whole, of: bytes)
    }

    private enum Outcome: Equatable {
        case incomplete
        case read(ProxyHeader, length: Int)
        case refused(ProxyHeaderFailure)
    }

    private static func read(_ bytes: ByteBuffer, _ parser: ProxyHeaderParser, every step: Int) -> Outcome {
        var rest = bytes
        var buffer = ByteBuffer()
        while rest.readableBytes > 0, var piece = rest.readSlice(length: min(max(step, 1), rest.readableBytes)) {
            buffer.writeBuffer(&piece)
            let before = buffer.readableBytes
            do throws(ProxyHeaderFailure) {
                guard let header = try parser.parse(&buffer) else {
                    precondition(buffer.readableBytes == before, "something was taken of an incomplete header")
                    precondition(before < 4_096, "more is asked for than a header has")
                    continue
                }
                return .read(header, length: bytes.readableBytes - rest.readableBytes - buffer.readableBytes)
            } catch {
                return .refused(error)
            }
        }
        return .incomplete
    }

    /// What is read begins with a mark, and a line says what it was read as.
    private static func check(_ outcome: Outcome, of bytes: ByteBuffer) {
        guard case .read(let header, let length) = outcome else { return }
        let taken = Array(bytes.readableBytesView.prefix(length))
        if taken.starts(with: "PROXY ".utf8) {
            precondition(length <= 107 && taken.suffix(2) == [0x0d, 0x0a], "not one line")
            precondition(!taken.dropLast(2).contains(0x0d) && !taken.dropLast().contains(0x0a), "more than one line")
            guard case .source(let address) = header else { return }
            let words = taken.dropLast(2).split(separator: 0x20, omittingEmptySubsequences: false)
            precondition(words.count == 6, "another number of words")
            precondition(NumericAddress(Array(words[2]).span) == address, "another address than the line's")
        } else {
            precondition(taken.starts(with: [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a] + Array("QUIT\n".utf8)), "no mark")
            precondition((16...4_096).contains(length), "longer than the limit")
        }
    }
}
