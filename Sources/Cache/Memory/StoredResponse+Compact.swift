import NIOCore

extension StoredResponse {
    /// The object itself: header, head and body's cases, as malloc(3) rounds it.
    private static let objectCost = AllocationSize.rounded(
        16 + MemoryLayout<StoredHead>.stride + MemoryLayout<StoredBody>.stride)
    /// Header of an array of chunks.
    private static var arrayHeader: Int { 32 }
    /// Copied pieces of a body are at most so long, so that no piece must be found in one go.
    private static var longestPiece: Int { 262_144 }

    /// What it costs to keep it in memory, with what allocator and runtime add.
    var residentCost: Int {
        switch body {
        case .none, .file: Self.objectCost + head.lines.residentCost
        case .whole(let bytes): Self.objectCost + head.lines.residentCost + bytes.residentCost
        case .chunks(let chunks):
            chunks.reduce(Self.objectCost + head.lines.residentCost) { $0 + $1.residentCost }
                + AllocationSize.rounded(Self.arrayHeader + chunks.count * MemoryLayout<ByteBuffer>.stride)
        }
    }

    /// Of a body in memory.
    var bodyLength: Int {
        switch body {
        case .none, .file: 0
        case .whole(let bytes): bytes.readableBytes
        case .chunks(let chunks): chunks.reduce(0) { $0 + $1.readableBytes }
        }
    }

    /// The same response without memory that it does not use; itself where there is little of that.
    func compacted() -> StoredResponse {
        switch body {
        case .none, .file:
            return head.lines.isWasteful ? StoredResponse(head.compacted(), body) : self
        case .whole(let bytes):
            guard head.lines.isWasteful || bytes.isWasteful else { return self }
            return StoredResponse(
                head.compacted(), .whole(bytes.isWasteful ? ByteBuffer.exact(CollectionOfOne(bytes)) : bytes))
        case .chunks(let chunks):
            guard head.lines.isWasteful || chunks.contains(where: \.isWasteful) else { return self }
            return StoredResponse(head.compacted(), .chunks(Self.compacted(chunks)))
        }
    }

    /// Runs of wasteful chunks are copied into pieces, the others stay as they are.
    private static func compacted(_ chunks: [ByteBuffer]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var run = 0..<0
        var length = 0
        for (index, chunk) in chunks.enumerated() {
            if !chunk.isWasteful || length + chunk.readableBytes > longestPiece {
                if !run.isEmpty { pieces.append(ByteBuffer.exact(chunks[run])) }
                (run, length) = (index..<index, 0)
            }
            if chunk.isWasteful {
                run = run.lowerBound..<index + 1
                length += chunk.readableBytes
            } else {
                pieces.append(chunk)
                run = index + 1..<index + 1
            }
        }
        if !run.isEmpty { pieces.append(ByteBuffer.exact(chunks[run])) }
        return pieces
    }
}

extension StoredHead {
    /// The same with lines of their own.
    func compacted() -> StoredHead {
        guard lines.isWasteful else { return self }
        var head = self
        head.lines = ByteBuffer.exact(CollectionOfOne(lines))
        return head
    }
}
