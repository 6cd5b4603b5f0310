import Exchange
import NIOCore
import Network
import Resilience
import Transport

/// Puts one question to a provider over HTTP and brings the answer's body, trying again where that may help, all
/// within one time. Bound to its event loop.
///
/// Nobody's leaving ends it: others may wait for what it brings.
struct ProviderCall {
    /// Tries of one question, the first included.
    static let tries = 3
    /// The longest answer that is read, in bytes.
    static let answerLimit = 65_536
    private static let backoff = Backoff(first: .milliseconds(4), longest: .milliseconds(20))

    let pool: OriginPool
    let loop: LoopContext
    let timeout: TimeAmount

    /// `request` is a whole request, head and body. `willTry` is called before each try.
    func post(_ request: ByteBuffer, willTry: () -> Void) async throws(AuthorizationFailure) -> [UInt8] {
        let deadline = loop.moment + timeout
        var failures = 0
        while true {
            do throws(AuthorizationFailure) {
                willTry()
                return try await exchange(request, deadline)
            } catch {
                failures += 1
                let pause = TimeAmount(Self.backoff.pause(after: failures, random: loop.randomWord()))
                guard error.isTransient, failures < Self.tries, NIODeadline.now() + pause < deadline else {
                    throw error
                }
                await rest(pause)
            }
        }
    }

    private func exchange(
        _ request: ByteBuffer, _ deadline: NIODeadline
    ) async throws(AuthorizationFailure) -> [UInt8] {
        let answer: OriginResponse
        // Time that is spent in our own line is not the provider's.
        let stoodInLine = pool.hasLine
        do throws(TransportFailure) {
            answer = try await pool.exchange(
                request, isHead: false, deadline: deadline, cancellation: Cancellation())
        } catch {
            if stoodInLine, error == .timedOut { throw .unreachable(.poolTimedOut) }
            throw AuthorizationFailure(error)
        }
        answer.bound(until: deadline)
        let body = try await read(answer)
        guard answer.head.status == 200 else { throw .status(answer.head.status) }
        return body
    }

    /// Takes the body to its end also where it will not be looked at, for then the connection can be used again.
    private func read(_ answer: OriginResponse) async throws(AuthorizationFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next(of: answer) {
            guard bytes.count + chunk.readableBytes <= Self.answerLimit else {
                answer.cancel()
                throw .answerTooLarge
            }
            bytes += chunk.readableBytesView
        }
        return bytes
    }

    private func next(of answer: OriginResponse) async throws(AuthorizationFailure) -> ByteBuffer? {
        do throws(Fault) {
            return try await answer.next()
        } catch {
            throw error.code == .originTimeout ? .timedOut : .answerCutShort
        }
    }

    private func rest(_ pause: TimeAmount) async {
        await Suspension<Void>.wait { waiter in
            loop.eventLoop.scheduleTask(in: pause) { waiter.resume(()) }
        }
    }
}
