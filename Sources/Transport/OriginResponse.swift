import Exchange
import NIOCore

/// An origin's answer: its head, and its body as the consumer sees it, which ends its hold on the connection with the
/// last byte.
package final class OriginResponse: BodySource {
    package let head: OriginHead
    private var connection: OriginConnection?
    private let exchange: Int

    init(_ head: consuming OriginHead, _ connection: OriginConnection, exchange: Int) {
        self.head = head
        self.connection = connection
        self.exchange = exchange
    }

    package func takeAvailable() -> AvailableBody {
        guard let connection else { return .end }
        let chunk = connection.takeAvailable(exchange)
        if connection.isFinished(exchange) { self.connection = nil }
        if let chunk { return .chunk(chunk) }
        return self.connection == nil ? .end : .unknown
    }

    package func next() async throws(Fault) -> ByteBuffer? {
        guard let connection else { return nil }
        let result = await connection.nextChunk(exchange)
        if connection.isFinished(exchange) { self.connection = nil }
        switch result {
        case .success(let chunk):
            if chunk == nil { self.connection = nil }
            return chunk
        case .failure(let failure):
            self.connection = nil
            throw failure.fault
        }
    }

    /// The rest of the body must come before `deadline`, whatever the other bounds say.
    package func bound(until deadline: NIODeadline) { connection?.boundBody(exchange, until: deadline) }

    package func cancel() {
        guard let connection = connection.take() else { return }
        connection.abandon(exchange)
    }

    deinit { connection?.abandon(exchange) }
}
