import NIOCore
import Redis

extension FuzzTarget {
    /// What a Redis server says: bounded, and the same however its bytes are cut.
    ///
    /// The first byte says where it is cut.
    static let resp = FuzzTarget(name: "resp") { input in
        var bytes = input
        guard let cut = bytes.readInteger(as: UInt8.self) else { return }
        let whole = replies(bytes, every: bytes.readableBytes)
        precondition(replies(bytes, every: 1) == whole, "cutting changed what is read")
        precondition(replies(bytes, every: 1 + Int(cut)) == whole, "cutting changed what is read")
        for value in whole.values {
            var count = -1
            walk(value, depth: 0, &count)
            precondition(count <= respLimits.maxElements, "more values than allowed")
        }
    }

    private static let respLimits = RESPLimits(
        maxBulkLength: 200, maxElements: 40, maxDepth: 4, maxLineLength: 80, sharesFrom: 20)

    private struct Replies: Equatable {
        var values: [RESPValue] = []
        var failure: RESPFailure?

        /// What is no number equals nothing, not even itself.
        static func == (left: Replies, right: Replies) -> Bool {
            left.failure == right.failure
                && (left.values == right.values || String(describing: left.values) == String(describing: right.values))
        }
    }

    private static func replies(_ bytes: ByteBuffer, every step: Int) -> Replies {
        var parser = RESPParser(limits: respLimits)
        var rest = bytes
        var buffer = ByteBuffer()
        var replies = Replies()
        while rest.readableBytes > 0, var piece = rest.readSlice(length: min(max(step, 1), rest.readableBytes)) {
            buffer.writeBuffer(&piece)
            do throws(RESPFailure) {
                while let value = try parser.next(&buffer) { replies.values.append(value) }
            } catch {
                replies.failure = error
                return replies
            }
            // What is known to be too long is not waited for.
            precondition(parser.wanted <= respLimits.maxBulkLength + 2, "more is wanted than allowed")
            precondition(
                buffer.readableBytes < max(parser.wanted, respLimits.maxLineLength + 3), "complete and not taken")
        }
        return replies
    }

    private static func walk(_ value: RESPValue, depth: Int, _ count: inout Int) {
        precondition(depth <= respLimits.maxDepth, "nested too deeply")
        count += 1
        switch value {
        case .array(let members), .set(let members):
            for member in members { walk(member, depth: depth + 1, &count) }
        case .push(let members):
            precondition(depth == 0, "a push inside a value")
            for member in members { walk(member, depth: depth + 1, &count) }
        case .map(let pairs):
            for pair in pairs {
                walk(pair.key, depth: depth + 1, &count)
                walk(pair.value, depth: depth + 1, &count)
            }
        case .bulk(let bytes), .blobError(let bytes), .verbatim(let bytes, _):
            precondition(bytes.readableBytes <= respLimits.maxBulkLength, "longer than allowed")
        case .simple(let line), .error(let line), .bigNumber(let line):
            precondition(line.readableBytes < respLimits.maxLineLength, "longer than allowed")
        case .integer, .double, .boolean, .null: break
        }
    }
}
