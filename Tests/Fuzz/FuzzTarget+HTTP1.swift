import Exchange
import HTTPWire
import NIOCore

extension FuzzTarget {
    /// The HTTP/1.1 codec: requests, responses and bodies, whole and cut.
    ///
    /// The first byte chooses the side and the framing, the second one where the rest is cut.
    static let http1 = FuzzTarget(name: "http1") { input in
        var bytes = input
        guard let choice = bytes.readInteger(as: UInt8.self), let seed = bytes.readInteger(as: UInt8.self) else {
            return
        }
        let cuts = Cuts(seed: seed)
        switch choice & 3 {
        case 0: compare(bytes, cuts, Requests())
        case 1: compare(bytes, cuts, Responses(isHead: false))
        case 2: compare(bytes, cuts, Responses(isHead: true))
        default: compare(bytes, cuts, Body(choice & 4 == 0 ? .chunked : .length(Int64(choice))))
        }
    }

    /// The same bytes at once and in pieces mean the same.
    ///
    /// Only a fault in a line that is not complete may be told later when the line comes in pieces.
    private static func compare<Reader: MessageReader>(_ bytes: ByteBuffer, _ cuts: Cuts, _ reader: Reader) {
        let whole = read(bytes, [bytes.readableBytes], reader)
        let pieces = read(bytes, cuts.lengths(of: bytes.readableBytes), reader)
        precondition(whole.messages.starts(with: pieces.messages), "cutting changed what is read")
        if pieces.failure == nil, whole.failure != nil { return }
        precondition(whole.messages == pieces.messages, "cutting lost a message")
        precondition(whole.failure == pieces.failure, "cutting changed the verdict")
    }

    private struct Outcome {
        var messages: [ByteBuffer] = []
        var failure: WireFailure?
    }

    private static func read<Reader: MessageReader>(
        _ bytes: ByteBuffer, _ lengths: [Int], _ fresh: Reader
    ) -> Outcome {
        var reader = fresh
        var rest = bytes
        var buffer = ByteBuffer()
        var outcome = Outcome()
        for length in lengths {
            guard var piece = rest.readSlice(length: length) else { break }
            buffer.writeBuffer(&piece)
            do throws(WireFailure) {
                while true {
                    let before = buffer.readableBytes
                    let found = try reader.next(&buffer)
                    precondition(buffer.readableBytes <= before, "more was taken than there is")
                    guard let found else { break }
                    precondition(buffer.readableBytes < before, "a message of no bytes")
                    outcome.messages.append(found)
                }
            } catch {
                outcome.failure = error
                return outcome
            }
        }
        return outcome
    }
}

/// Where an input is cut, so that libFuzzer can move the cuts.
struct Cuts {
    let seed: UInt8

    func lengths(of total: Int) -> [Int] {
        var lengths: [Int] = []
        var rest = total
        var state = UInt32(seed)
        while rest > 0 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let length = min(rest, seed == 0 ? 1 : 1 + Int(state >> 24) % (Int(seed) + 1))
            lengths.append(length)
            rest -= length
        }
        return lengths
    }
}
