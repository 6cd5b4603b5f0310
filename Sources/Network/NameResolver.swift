import NIOCore

/// Turns host names into addresses without ever blocking a loop or calling getaddrinfo; one instance in a process.
///
/// A static binary must not ask the C library (it would load the host's NSS modules), so c-ares asks the name servers
/// from one thread of its own. Answers are kept for the TTL of their records and shared by all loops (S3-6).
package final class NameResolver: Sendable {
    private let desk: ResolverDesk

    /// Starts the resolver's thread. Throws `overloaded` when the system has no thread or descriptor to give.
    /// `clock` is for tests of expiry; it must not go backwards.
    package init(
        _ settings: ResolverSettings = ResolverSettings(), clock: @escaping @Sendable () -> NIODeadline = { .now() }
    ) throws(ResolutionFailure) {
        guard let desk = ResolverDesk(settings: settings, clock: clock) else { throw .overloaded }
        self.desk = desk
        guard ResolverThread.start(desk) else {
            desk.closeWakeDescriptor()
            throw .overloaded
        }
    }

    deinit { desk.shutDown() }

    /// Ends the thread; everyone who waits or asks from now on gets `shutDown`.
    package func shutDown() { desk.shutDown() }

    /// The addresses of a name or of an IP literal, never empty, best first (RFC 6724).
    ///
    /// Callable from any task. Waits until `deadline` at most, then throws `timedOut`; cancelling the task throws
    /// `cancelled`.
    package func resolve(
        _ host: String, before deadline: NIODeadline = .distantFuture
    ) async throws(ResolutionFailure) -> [IPAddress] {
        if let literal = IPAddress(literal: host) { return [literal] }
        guard let name = HostName(host) else { throw .badName }
        let desk = desk
        let id = desk.makeID()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: ResolverDesk.Waiter) in
                desk.ask(name, id: id, waiter: waiter, deadline: deadline)
                // The handler below may have run before the waiter was there to be found.
                if Task.isCancelled { desk.cancel(name, id: id) }
            }
        } onCancel: {
            desk.cancel(name, id: id)
        }
        return try outcome.get()
    }

    /// The addresses of an IP literal or of a name that is known already; nil when it has to be asked for.
    package func cached(_ host: String) -> [IPAddress]? {
        if let literal = IPAddress(literal: host) { return [literal] }
        guard let name = HostName(host), case .answer(let addresses) = desk.known(name) else { return nil }
        return addresses
    }
}
