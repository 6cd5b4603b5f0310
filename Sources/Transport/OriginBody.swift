import Exchange
import NIOCore

/// The body of one answer, as its consumer sees it: ends its hold on the connection with the last byte.
package final class OriginBody: BodySource {
    private var connection: OriginConnection?
    private let exchange: Int

    init(_ connection: OriginConnection, exchange: Int) {
        self.connection = connection
        self.exchange = exchange
        letGoIfFinished()
    }

    package func takeAvailable() -> ByteBuffer? {
        let chunk = connection?.takeAvailable()
        letGoIfFinished()
        return chunk
    }

    package func next() async throws(Fault) -> ByteBuffer? {
        guard let connection else { return nil }
        let result = await connection.nextChunk()
        letGoIfFinished()
        switch result {
        case .success(let chunk):
            if chunk == nil { self.connection = nil }
            return chunk
        case .failure(let failure):
            self.connection = nil
            throw failure.fault
        }
    }

    package func cancel() {
        connection?.abandon()
        connection = nil
    }

    private func letGoIfFinished() {
        if connection?.isFinished(exchange) == true { connection = nil }
    }

    deinit { connection?.abandon() }
}

/// An origin's answer: its head and the body to pull.
package struct OriginResponse {
    package let head: OriginHead
    package let body: OriginBody
}
