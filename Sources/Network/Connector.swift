import Glibc
import NIOCore
import NIOSSL

/// Connects to a host and port: name, address, TCP and, if wanted, TLS, all within one time.
package struct Connector: Sendable {
    private let resolver: NameResolver

    package init(resolver: NameResolver) { self.resolver = resolver }

    /// Gives a connected channel of `eventLoop`, after the TLS handshake when `tls` is given.
    ///
    /// Must be called from a task that runs on `eventLoop` (see `LoopExecutor`). `host` is a name or an IP literal
    /// without brackets or scope. Its addresses are tried by RFC 8305: families in turn, the next one after 250 ms, the
    /// first wins. `configure` is called on the loop, at most once, for the connection that won, before it becomes
    /// active and so before the handshake: it adds handlers with `pipeline.syncOperations`, behind the TLS handler.
    /// When the handshake fails they see the channel become inactive. The socket has TCP_NODELAY and SO_KEEPALIVE set.
    ///
    /// With `tls`, a name is sent as SNI and the certificate must name it; an IP literal must stand in the
    /// certificate's alternative names. Cancelling the task throws `cancelled` and closes all that is under way.
    package func connect(
        to host: String, port: Int, on eventLoop: Reactor, timeout: TimeAmount, tls: NIOSSLContext? = nil,
        configure: @escaping (any Channel) throws -> Void
    ) async throws(ConnectFailure) -> any Channel {
        guard let port = UInt16(exactly: port), port > 0 else { throw .other(EINVAL) }
        let deadline = eventLoop.now + timeout
        let addresses = try await addresses(of: host, before: deadline)
        let secured = tls.map { ConnectRun.TLS(context: $0, serverName: Self.serverName(host)) }
        let run = ConnectRun(
            ConnectRace(addresses), port: port, on: eventLoop, deadline: deadline, tls: secured, configure: configure)
        let bound = NIOLoopBound(run, eventLoop: eventLoop)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                run.start(waiter)
                if Task.isCancelled { run.cancel() }
            }
        } onCancel: {
            eventLoop.execute { bound.value.cancel() }
        }
        return try outcome.get()
    }

    private func addresses(
        of host: String, before deadline: NIODeadline
    ) async throws(ConnectFailure) -> [IPAddress] {
        if let known = resolver.cached(host) { return known }
        do {
            return try await resolver.resolve(host, before: deadline)
        } catch .cancelled {
            throw .cancelled
        } catch {
            throw .resolution(error)
        }
    }

    /// What SNI may carry: a name without its final dot, never an address (RFC 6066 §3).
    private static func serverName(_ host: String) -> String? {
        IPAddress(literal: host) == nil ? HostName(host)?.relative : nil
    }
}
