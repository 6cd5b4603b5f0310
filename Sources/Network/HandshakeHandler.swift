import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler until the handshake is over, tells how it went, and leaves.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let tls: NIOSSLClientHandler
    private let expectedName: String?
    private var onEnd: ((ConnectFailure?) -> Void)?

    /// `onEnd` is called once, on the loop; nil means success. Nil for `expectedName` leaves all checks to `tls`.
    init(_ tls: NIOSSLClientHandler, expectedName: String?, onEnd: @escaping (ConnectFailure?) -> Void) {
        self.tls = tls
        self.expectedName = expectedName
        self.onEnd = onEnd
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            guard isConfirmed else {
                finish(.tls(.hostNameMismatch))
                return context.close(promise: nil)
            }
            finish(nil)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard onEnd != nil else { return context.fireErrorCaught(error) }
        let failure = (error as? IOError).map { ConnectFailure(errno: $0.errnoCode) }
        finish(failure ?? .tls(TLSFailure(handshake: error)))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.tls(.closed))
        context.fireChannelInactive()
    }

    private var isConfirmed: Bool {
        guard let expectedName else { return true }
        return tls.peerCertificate.map { ServerIdentity.isConfirmed($0, for: expectedName) } ?? false
    }

    private func finish(_ failure: ConnectFailure?) {
        guard let onEnd else { return }
        self.onEnd = nil
        onEnd(failure)
    }
}
