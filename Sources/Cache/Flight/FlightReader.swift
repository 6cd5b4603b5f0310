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
            leave()
            return .end
        }
        switch flight.find(at: position, limit: Int(clamping: end - position)) {
        case .bytes(let bytes):
            position += Int64(bytes.readableBytes)
            return .chunk(bytes)
        case .file(let file, let upTo):
            guard let bytes = file.readAtOnce(at: position, limit: limit(upTo)) else { return .unknown }
            position += Int64(bytes.readableBytes)
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
                leave()
                return nil
            }
            if cancellation.isCancelled {
                leave()
                throw Fault(.internal, detail: "the client left")
            }
            switch flight.find(at: position, limit: Int(clamping: end - position)) {
            case .bytes(let bytes):
                position += Int64(bytes.readableBytes)
                return bytes
            case .file(let file, let upTo):
                do throws(StoredFileFailure) {
                    let bytes = try await file.read(at: position, limit: limit(upTo), on: loop)
                    position += Int64(bytes.readableBytes)
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

    private func turnOff() async throws(Fault) {
        leave()
        own = try await detour(position)
    }

    private func leave() { flight.take()?.leave() }
}
