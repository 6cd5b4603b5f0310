import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Network
import Transport

/// A flight's body on its way from the origin to all readers, and into the tiers if they take it.
struct Filling {
    let response: OriginResponse
    let flight: Flight
    let cache: BucketCache
    let head: StoredHead
    /// Where it will be stored.
    let key: CacheKey
    let base: CacheKey
    /// Where the response depends on request fields.
    let variant: (list: VariantList, key: CacheKey)?
    /// `variant.list` is not stored yet.
    let isNewList: Bool
    /// Bytes of the holding budget that were taken for it; nil when it is not held.
    var held: Int?
    let isWholeKnown: Bool
    /// What is not held may be written to disk while it comes.
    let spools: Bool
    /// The file that it is written to.
    var writer: DiskWriter?

    /// `mark` is for a new list of variants.
    init(_ response: OriginResponse, _ storable: Storable, _ flying: Flying, mark: UInt64) {
        self.response = response
        flight = flying.flight
        cache = flying.cache
        head = storable.head
        base = flying.quest.base
        if case .names(let names) = storable.vary {
            let known = flying.quest.list.flatMap { $0.names == names ? $0 : nil }
            let list = known ?? VariantList(names: names, mark: mark)
            key = list.key(below: base, for: flying.fields)
            variant = (list, key)
            isNewList = known == nil
        } else {
            key = flying.slice == nil ? base : flying.quest.key
            variant = nil
            isNewList = false
        }
        // What ends with its connection may have been cut, and nobody could tell.
        isWholeKnown = if case .untilClose = response.head.framing { false } else { true }
        let length = max(0, head.length)
        let isTaken = isWholeKnown && cache.holds(length: length) && cache.tiers.holding.take(Int(length))
        held = isTaken ? Int(length) : nil
        spools = isWholeKnown && cache.spools(length: length)
    }

    var isToBeStored: Bool { held != nil || spools }
}

extension Journey {
    /// Brings the body to all readers, and stores it when it is complete (CACHE-5).
    func fill(_ filling: Filling) async {
        var filling = filling
        let flight = filling.flight
        if filling.held == nil { await filling.spool(on: loop) }
        var length: Int64 = 0
        do throws(Fault) {
            while let chunk = try await filling.response.nextChunk() {
                length += Int64(chunk.readableBytes)
                flight.bring(chunk)
                if let held = filling.held {
                    if !filling.hold(length, beyond: held) { await filling.spool(on: loop) }
                } else if filling.writer != nil {
                    await filling.write(chunk)
                } else {
                    await flight.demand()
                }
            }
            flight.end(nil)
            if filling.held != nil || filling.writer != nil { await store(filling, length) }
        } catch {
            flight.end(error)
            filling.writer?.abandon()
        }
        if let held = filling.held { flight.hold(WriteBudget.Share(filling.cache.tiers.holding, held)) }
        filling.cache.tiers.flights.remove(flight)
        filling.cache.tiers.ledger.giveBack(flight.ticket)
    }

    private func store(_ filling: Filling, _ length: Int64) async {
        let (tiers, ticket) = (filling.cache.tiers, filling.flight.ticket)
        var head = filling.head
        if head.length < 0 {
            head.length = length
            head.completeLength = length
        }
        guard head.length == length else { return }
        if let variant = filling.variant, filling.isNewList {
            var list = StoredHead(.varies, for: .max / 2, at: wallClock())
            list.lines = variant.list.lines
            list.mark = variant.list.mark
            await tiers.store(StoredResponse(list, .none), for: filling.base, ticket, on: loop)
        }
        if let writer = filling.writer {
            _ = await writer.commit()
            return
        }
        guard let body = filling.flight.completeBody() else { return }
        await tiers.store(StoredResponse(head, body), for: filling.key, ticket, on: loop)
    }
}

extension Filling {
    /// Lets only a window of the body stay in memory from now on; what came so far and what comes is written to disk,
    /// if that takes it. A slow disk slows the origin, for readers follow in the file.
    fileprivate mutating func spool(on loop: LoopContext) async {
        if spools, cache.spools(length: max(head.length, flight.length)) {
            writer = await cache.tiers.disk?.beginWriting(
                head, key, flight.ticket, expectedLength: head.length < 0 ? nil : head.length, on: loop)
        }
        let soFar = flight.pieces()
        flight.release(to: writer)
        for piece in soFar { await write(piece) }
    }

    /// A failure leaves what is written to those who read it; the rest is for the window.
    fileprivate mutating func write(_ bytes: ByteBuffer) async {
        guard let writer else { return }
        do throws(StoredFileFailure) {
            try await writer.append(bytes)
            flight.written(writer.writtenLength)
        } catch {
            self.writer = nil
            flight.unfollow()
        }
    }

    /// Takes memory for a body whose length nobody knew; false when there is none, or too much came.
    fileprivate mutating func hold(_ length: Int64, beyond held: Int) -> Bool {
        guard head.length < 0 else { return true }
        if cache.holds(length: length) {
            if length <= Int64(held) { return true }
            let step = max(Int(length) - held, 256 * 1024)
            if cache.tiers.holding.take(step) {
                self.held = held + step
                return true
            }
        }
        cache.tiers.holding.giveBack(held)
        self.held = nil
        return false
    }
}

extension OriginResponse {
    /// The next bytes, without a wait if some are there; nil after the last.
    fileprivate func nextChunk() async throws(Fault) -> ByteBuffer? {
        switch takeAvailable() {
        case .chunk(let chunk): chunk
        case .end: nil
        case .unknown: try await next()
        }
    }
}
