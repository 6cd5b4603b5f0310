import Glibc
import NIOCore
import NIOSSL

/// Carries out one `ConnectRace` on a loop: opens and closes the sockets, keeps the time, does the handshake.
///
/// Bound to its loop. Gives its result once.
final class ConnectRun {
    typealias Outcome = Result<any Channel, ConnectFailure>

    /// TLS towards an origin: whom to trust, and whom to expect (nil: the address itself).
    struct TLS {
        var context: NIOSSLContext
        var serverName: String?
    }

    private let eventLoop: Reactor
    private let port: UInt16
    private let deadline: NIODeadline
    private let tls: TLS?
    private let configure: (any Channel) throws -> Void
    private var race: ConnectRace
    private var waiter: CheckedContinuation<Outcome, Never>?
    /// Those that are not connected yet, and the one that is in its handshake.
    private var channels: [ObjectIdentifier: any Channel] = [:]
    private var hasWinner = false
    private var delayTimer: Scheduled<Void>?
    private var deadlineTimer: Scheduled<Void>?

    init(
        _ race: ConnectRace, port: UInt16, on eventLoop: Reactor, deadline: NIODeadline, tls: TLS?,
        configure: @escaping (any Channel) throws -> Void
    ) {
        self.race = race
        self.port = port
        self.eventLoop = eventLoop
        self.deadline = deadline
        self.tls = tls
        self.configure = configure
    }

    func start(_ waiter: CheckedContinuation<Outcome, Never>) {
        self.waiter = waiter
        deadlineTimer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            finish(.failure(.timedOut))
        }
        carryOut(race.next())
    }

    func cancel() { finish(.failure(.cancelled)) }

    private func carryOut(_ action: ConnectRace.Action) {
        switch action {
        case .attempt(let address): attempt(address)
        case .wait: break
        case .giveUp(let failure): finish(.failure(failure))
        }
    }

    private func attempt(_ address: IPAddress) {
        delayTimer?.cancel()
        if race.hasMore {
            delayTimer = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(ConnectRace.delayMilliseconds)) {
                [self] in carryOut(race.next())
            }
        }
        guard let target = try? address.socketAddress(port: port) else { return carryOut(race.failed(.other(EINVAL))) }
        let channel = StreamChannel.connect(to: target, on: eventLoop) { [self] result in attemptEnded(result) }
        guard let channel, waiter != nil, !hasWinner else { return }
        channels[ObjectIdentifier(channel)] = channel
    }

    private func attemptEnded(_ result: Result<StreamChannel, ReactorFailure>) {
        guard waiter != nil, !hasWinner else { return }
        switch result {
        case .success(let channel): won(channel)
        case .failure(let failure): carryOut(race.failed(ConnectFailure(errno: failure.errno)))
        }
    }

    /// Called before the channel tells its handlers that it is active, so that they miss nothing.
    private func won(_ channel: any Channel) {
        hasWinner = true
        delayTimer?.cancel()
        for (id, other) in channels where id != ObjectIdentifier(channel) { other.close(promise: nil) }
        channels = [ObjectIdentifier(channel): channel]
        do {
            if let tls { try addTLS(tls, to: channel) }
            try configure(channel)
        } catch let failure as TLSFailure {
            return finish(.failure(.tls(failure)))
        } catch {
            // A pipeline takes no handlers only when its channel is closed.
            return finish(.failure(.reset))
        }
        if tls == nil { finish(.success(channel)) }
    }

    private func addTLS(_ tls: TLS, to channel: any Channel) throws {
        let handler: NIOSSLClientHandler
        do {
            handler = try NIOSSLClientHandler(context: tls.context, serverHostname: tls.serverName)
        } catch {
            throw TLSFailure.hostNameMismatch
        }
        let isVerified = tls.context.configuration.certificateVerification == .fullVerification
        let handshake = HandshakeHandler(handler, expectedName: isVerified ? tls.serverName : nil) {
            [weak self] failure in
            self?.finish(failure.map { .failure($0) } ?? .success(channel))
        }
        try channel.pipeline.syncOperations.addHandlers([handler, handshake])
    }

    private func finish(_ outcome: Outcome) {
        guard let waiter else { return }
        self.waiter = nil
        delayTimer.take()?.cancel()
        deadlineTimer.take()?.cancel()
        if case .failure = outcome {
            for channel in channels.values { channel.close(promise: nil) }
        }
        channels.removeAll()
        waiter.resume(returning: outcome)
    }
}
