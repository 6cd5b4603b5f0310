import Exchange
import HTTPWire
import NIOCore

/// The body of a request, pulled by whoever answers it; what nobody pulls is read and dropped after the answer.
///
/// Bound to its connection's event loop. Bounded by `security_limits.max_body_size`.
final class RequestBody: BodySource {
    enum Progress: Equatable {
        case open, ended, broken
    }

    private var decoder: BodyDecoder
    private weak var connection: HTTP1Connection?
    private var received = 0
    private var fault: Fault?
    private var waiter: Suspension<Result<ByteBuffer?, Fault>>?

    init(_ framing: BodyFraming, connection: HTTP1Connection) {
        decoder = BodyDecoder(framing)
        self.connection = connection
    }

    var isWaiting: Bool { waiter != nil }

    func takeAvailable() -> AvailableBody { .unknown }

    func next() async throws(Fault) -> ByteBuffer? {
        if let fault { throw fault }
        if decoder.isAtEnd { return nil }
        let result = await Suspension<Result<ByteBuffer?, Fault>>.wait { suspension in
            waiter = suspension
            connection?.requestBodyAsked()
        }
        return try result.get()
    }

    func cancel() {}

    func fail(_ fault: Fault) {
        self.fault = fault
        resume(.failure(fault))
    }

    /// Decodes what `inbound` holds: one chunk for a reader that waits, everything when `isDiscarding`.
    func feed(_ inbound: inout ByteBuffer, limit: Int, isDiscarding: Bool) -> Progress {
        while isWaiting || isDiscarding {
            do {
                switch try decoder.next(&inbound) {
                case .needsMore: return .open
                case .end:
                    resume(.success(nil))
                    return .ended
                case .chunk(let chunk):
                    received += chunk.readableBytes
                    guard received <= limit else {
                        fail(Fault(.payloadTooLarge))
                        return .broken
                    }
                    resume(.success(chunk))
                }
            } catch {
                fail(error.fault)
                return .broken
            }
        }
        return decoder.isAtEnd ? .ended : .open
    }

    private func resume(_ result: Result<ByteBuffer?, Fault>) {
        waiter.take()?.resume(result)
    }
}
