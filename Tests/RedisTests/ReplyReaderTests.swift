import NIOCore
import Testing

@testable import Redis

/// CACHE-3: what a connection holds in memory while replies come.
@Suite("ReplyReader")
struct ReplyReaderTests {
    private static let limits = RESPLimits(maxBulkLength: 4 << 20)

    private static func bulk(_ size: Int) -> [UInt8] {
        Array("$\(size)\r\n".utf8) + [UInt8](repeating: 0x61, count: size) + [0x0d, 0x0a]
    }

    /// Gives the replies, whether small pieces are copied or large ones handed over.
    private func feed(_ bytes: ArraySlice<UInt8>, copying: Bool, to reader: inout ReplyReader) throws -> [RESPValue] {
        if copying {
            reader.append(copying: ByteBuffer(bytes: bytes).readableBytesSpan)
        } else {
            reader.append(ByteBuffer(bytes: bytes))
        }
        var values: [RESPValue] = []
        while let value = try reader.next() { values.append(value) }
        return values
    }

    @Test("A stream of replies that never pauses is not collected", arguments: [true, false])
    func endlessStream(copying: Bool) throws {
        var reader = ReplyReader(limits: Self.limits)
        // Pieces that never end with a reply.
        let stream = Array(repeating: Self.bulk(1_000), count: 3_000).flatMap(\.self)
        var count = 0
        for start in stride(from: 0, to: stream.count, by: 1_003) {
            let piece = stream[start..<min(start + 1_003, stream.count)]
            count += try feed(piece, copying: copying, to: &reader).count
            let held = reader.capacity
            #expect(held <= 64 * 1024)
        }
        #expect(count == 3_000)
    }

    @Test("A connection at rest holds little, after the largest reply too", arguments: [true, false])
    func rest(copying: Bool) throws {
        var reader = ReplyReader(limits: Self.limits)
        let reply = Self.bulk(3 << 20)
        var values: [RESPValue] = []
        for start in stride(from: 0, to: reply.count, by: 100_000) {
            values += try feed(reply[start..<min(start + 100_000, reply.count)], copying: copying, to: &reader)
        }
        #expect(values == [.bulk(ByteBuffer(repeating: 0x61, count: 3 << 20))])
        let held = reader.capacity
        #expect(held <= 16 * 1024)
    }

    @Test("Memory for a large reply is taken once")
    func room() throws {
        var reader = ReplyReader(limits: Self.limits)
        let reply = Self.bulk(3 << 20)
        var sizes: Set<Int> = []
        for start in stride(from: 0, to: reply.count - 100_000, by: 50_000) {
            _ = try feed(reply[start..<(start + 50_000)], copying: true, to: &reader)
            sizes.insert(reader.capacity)
        }
        #expect(sizes.count == 2)
    }
}
