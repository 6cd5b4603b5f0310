import NIOCore
import Network

/// The tiers in the order of their look-up, and what they share. One for the process, used by all loops.
///
/// A response is stored in memory at once and in the slower tiers in the background, with a bound on the bytes that
/// wait; what was found in a slower tier is promoted to those before it (CACHE-4).
package final class CacheTiers: Sendable {
    /// One tier in its place.
    package struct Layer: Sendable {
        package let name: StaticString
        package let tier: any CacheTier

        package init(name: StaticString, tier: any CacheTier) {
            self.name = name
            self.tier = tier
        }
    }

    /// What can be said at once.
    package enum Finding {
        case found(StoredResponse, layer: Int)
        case missing
        /// A slower tier has to be asked, the first of them having this number.
        case unknown(from: Int)
    }

    package let layers: [Layer]
    package let ledger: PurgeLedger
    package let flights = FlightTable()
    /// Bodies of flights that are held in memory until they are complete.
    package let holding: WriteBudget
    /// Bodies that wait to be written to slower tiers.
    package let writing: WriteBudget
    /// Where bodies are written that are too large for memory; nil without that tier.
    package let disk: DiskTier?
    private let memory: MemoryTier?
    /// Where the memory tier stands among the layers.
    private let memoryPlace: Int
    private let onDrop: @Sendable (StaticString) -> Void

    /// `onDrop` counts a write that a tier missed because too many wait.
    package init(
        layers: [Layer], ledger: PurgeLedger, holdLimit: Int, writeLimit: Int,
        onDrop: @escaping @Sendable (StaticString) -> Void
    ) {
        self.layers = layers
        self.ledger = ledger
        holding = WriteBudget(limit: holdLimit)
        writing = WriteBudget(limit: writeLimit)
        self.onDrop = onDrop
        memoryPlace = layers.firstIndex { $0.tier is MemoryTier } ?? layers.count
        memory = layers.lazy.compactMap { $0.tier as? MemoryTier }.first
        disk = layers.lazy.compactMap { $0.tier as? DiskTier }.first
    }

    // MARK: look-up

    /// Looks where it takes no wait.
    package func findAtOnce(_ key: CacheKey) -> Finding {
        guard memoryPlace == 0, let memory else {
            guard let disk, layers[0].tier === disk, let response = disk.find(key) else { return .unknown(from: 0) }
            return .found(response, layer: 0)
        }
        if let response = memory.find(key) { return .found(response, layer: 0) }
        return layers.count == 1 ? .missing : .unknown(from: 1)
    }

    /// Asks the tiers from number `first` on, in their order, and promotes what is found.
    package func find(
        _ key: CacheKey, from first: Int, on loop: LoopContext
    ) async -> (response: StoredResponse, layer: Int)? {
        let ticket = ledger.take()
        defer { ledger.giveBack(ticket) }
        for index in first..<layers.count {
            guard let response = await layers[index].tier.response(for: key, on: loop) else { continue }
            let promoted = await promote(response, key, from: index, ticket, on: loop)
            return (promoted, index)
        }
        return nil
    }

    // MARK: storing

    /// Whether a body of that length is held in memory until it is complete, for some tier to take it then.
    package func holds(length: Int64) -> Bool {
        layers.contains { layer in
            layer.tier.takes(length: length) && (layer.tier !== disk || length <= Self.heldForDisk)
        }
    }

    /// Longer bodies for the disk tier alone are written while they come.
    private static var heldForDisk: Int64 { 256 * 1024 }

    /// Stores a response whose body is in memory: in memory at once, elsewhere in the background. When it returns the
    /// first tier of the order has it, or never will.
    package func store(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async {
        await store(response, for: key, ticket, in: layers.indices, on: loop)
    }

    /// The same for something small that only memory remembers.
    package func note(_ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket) {
        _ = memory?.insert(response, for: key, ticket)
    }

    /// Renews a head everywhere.
    package func freshen(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async {
        for (index, layer) in layers.enumerated() {
            if index == memoryPlace {
                await layer.tier.freshen(response.head, for: key, ticket, on: loop)
            } else {
                later(0, layer, ticket, on: loop) { [self] in
                    await layers[index].tier.freshen(response.head, for: key, ticket, on: loop)
                }
            }
        }
    }

    /// Removes one response everywhere.
    package func remove(_ key: CacheKey, on loop: LoopContext) async {
        for layer in layers { await layer.tier.remove(key, on: loop) }
    }

    /// Removes what `scope` covers everywhere, keeps out what is on its way, and answers how many responses went, each
    /// counted in every tier. When it returns they are gone.
    package func purge(_ scope: PurgeScope, on loop: LoopContext) async -> Int {
        ledger.note(scope)
        flights.remove(scope)
        var count = 0
        for layer in layers { count += await layer.tier.purge(scope, on: loop) }
        return count
    }

    private func store(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, in places: Range<Int>,
        on loop: LoopContext
    ) async {
        for index in places where layers[index].tier.takes(length: response.head.length) {
            let layer = layers[index]
            if index == memoryPlace {
                _ = await layer.tier.store(response, for: key, ticket, on: loop)
            } else if index == 0 {
                await write(response, for: key, ticket, layer, on: loop)
            } else {
                later(response.residentBytes, layer, ticket, on: loop) { [self] in
                    _ = await layers[index].tier.store(response, for: key, ticket, on: loop)
                }
            }
        }
    }

    /// The first tier of the order is waited for, so that nobody asks the origin for what is about to be there.
    private func write(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, _ layer: Layer,
        on loop: LoopContext
    ) async {
        let bytes = response.residentBytes
        guard writing.take(bytes) else { return onDrop(layer.name) }
        _ = await layer.tier.store(response, for: key, ticket, on: loop)
        writing.giveBack(bytes)
    }

    /// Does a slower tier's work in a task of its own, unless too many bytes wait already.
    private func later(
        _ bytes: Int, _ layer: Layer, _ ticket: PurgeLedger.Ticket, on loop: LoopContext,
        _ work: @escaping () async -> Void
    ) {
        guard writing.take(bytes) else { return onDrop(layer.name) }
        ledger.share(ticket)
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let job = work
        Task.immediate(executorPreference: loop.executor) { [self] in
            unsafe await job()
            writing.giveBack(bytes)
            ledger.giveBack(ticket)
        }
    }

    /// Gives what a slower tier had to those before it. A small body is taken into memory whole first.
    private func promote(
        _ response: StoredResponse, _ key: CacheKey, from index: Int, _ ticket: PurgeLedger.Ticket,
        on loop: LoopContext
    ) async -> StoredResponse {
        guard index > 0, layers[..<index].contains(where: { $0.tier.takes(length: response.head.length) }) else {
            return response
        }
        guard case .file(let file) = response.body else {
            await store(response, for: key, ticket, in: 0..<index, on: loop)
            return response
        }
        if response.head.length <= Self.readAtMost {
            guard let whole = await Self.read(response, file, on: loop) else { return response }
            await store(whole, for: key, ticket, in: 0..<index, on: loop)
            return whole
        }
        later(Int(clamping: response.head.length), layers[0], ticket, on: loop) { [self] in
            guard let whole = await Self.read(response, file, on: loop) else { return }
            await store(whole, for: key, ticket, in: 0..<index, on: loop)
        }
        return response
    }

    /// Bodies up to this size are read before the answer begins.
    private static var readAtMost: Int64 { 128 * 1024 }

    private static func read(
        _ response: StoredResponse, _ file: any StoredFile, on loop: LoopContext
    ) async -> StoredResponse? {
        var pieces: [ByteBuffer] = []
        var position: Int64 = 0
        while position < response.head.length {
            let limit = Int(min(response.head.length - position, readAtMost))
            do throws(StoredFileFailure) {
                let piece =
                    if let piece = file.readAtOnce(at: position, limit: limit) { piece } else {
                        try await file.read(at: position, limit: limit, on: loop)
                    }
                pieces.append(piece)
                position += Int64(piece.readableBytes)
            } catch {
                return nil
            }
        }
        return StoredResponse(response.head, StoredBody(pieces))
    }
}

extension StoredBody {
    /// A body of pieces that are in memory: one piece when it is not large.
    package init(_ pieces: [ByteBuffer]) {
        let length = pieces.reduce(0) { $0 + $1.readableBytes }
        if pieces.count <= 1 || length > Self.joinedAtMost {
            self = pieces.count > 1 ? .chunks(pieces) : pieces.first.map { .whole($0) } ?? .none
            return
        }
        var whole = ByteBufferAllocator().buffer(capacity: length)
        for piece in pieces { whole.writeImmutableBuffer(piece) }
        self = .whole(whole)
    }

    private static var joinedAtMost: Int { 1 << 20 }
}
