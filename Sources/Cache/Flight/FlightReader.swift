import Exchange
import NIOCore
import Network

/// One client's view of a flight's body: all of it, or a range. Bound to its loop.
///
/// Who falls so far behind that its bytes are neither in memory nor in a file goes on with a source of its own.
package final class FlightReader: BodySource {
    /// Asks the origin for the rest, from the position given.
    package typealias Detour = (Int64) async throws(Fault) -> any BodySource

    /// Bytes that are taken out of a file at a time.
    private static var readLimit: Int { 64 * 1024 }

    private var flight: Flight?
    private let cancellation: Cancellation
    private let loop: LoopContext
    private let detour: Detour
    private var position: Int64
    private let end: Int64
    private var own: (any BodySource)?

    /// `range` is what the client wants of the body. The reader counts as one already, and leaves by itself.
    package init(
        _ flight: Flight, range: Range<Int64>, cancellation: Cancellation, loop: LoopContext,
        detour: @escaping Detour
    ) {
        self.flight = flight
        self.cancellation = cancellation
        self.loop = loop
        self.detour = detour
        position = range.lowerBound
        end = range.upperBound
    }

    package func takeAvailable() -> AvailableBody {
        if let own { return own.takeAvailable() }
        guard let flight else { return .end }
        guard position < end else {
            complete(flight)
            return .end
        }
        switch flight.find(at: position, limit: Int(clamping: end - position)) {
        case .bytes(let bytes):
            take(bytes, of: flight)
            return .chunk(bytes)
        case .file(let file, let upTo):
            guard let bytes = file.readAtOnce(at: position, limit: limit(upTo)) else { return .unknown }
            take(bytes, of: flight)
            return .chunk(bytes)
        case .end:
            leave()
            return .end
        case .nothingYet, .failed, .lost: return .unknown
        }
    }

    package func next() async throws(Fault) -> ByteBuffer? {
        while true {
            if let own { return try await own.next() }
            guard let flight else { return nil }
            guard position < end else {
                complete(flight)
                return nil
            }
            if cancellation.isCancelled {
                leave()
                throw Fault(.internal, detail: "the client left")
            }
            switch flight.find(at: position, limit: Int(clamping: end - position)) {
            case .bytes(let bytes):
                take(bytes, of: flight)
                return bytes
            case .file(let file, let upTo):
                do throws(StoredFileFailure) {
                    let bytes = try await file.read(at: position, limit: limit(upTo), on: loop)
                    take(bytes, of: flight)
                    return bytes
                } catch {
                    try await turnOff()
                }
            case .nothingYet: await flight.wait(at: position, cancellation)
            case .end:
                leave()
                return nil
            case .failed(let fault):
                leave()
                throw fault
            case .lost: try await turnOff()
            }
        }
    }

    package func cancel() {
        own?.cancel()
        own = nil
        leave()
    }

    deinit { flight?.leave() }

    private func limit(_ upTo: Int64) -> Int { Int(clamping: min(min(end, upTo) - position, Int64(Self.readLimit))) }

    private func take(_ bytes: ByteBuffer, of flight: Flight) {
        position += Int64(bytes.readableBytes)
        if position >= end { complete(flight) }
    }

    /// The client has all that it wants. What the tiers are to have comes to its end all the same: else a range of a
    /// large body would be fetched again for each who asks.
    private func complete(_ flight: Flight) {
        if flight.isToBeStored { flight.keep() }
        leave()
    }

    private func turnOff() async throws(Fault) {
        leave()
        own = try await detour(position)
    }

    private func leave() { flight.take()?.leave() }
}
