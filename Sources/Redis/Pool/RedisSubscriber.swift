import Exchange
import NIOCore
import Network
import Resilience
import Telemetry

/// Keeps one connection subscribed to a channel, and comes back by itself when that is lost. Bound to one loop.
///
/// What was published while there was no subscription is lost: `onReconnected` is the moment to make up for it.
package final class RedisSubscriber {
    private let channel: String
    private let backoff: Backoff
    private let pingInterval: TimeAmount
    private let loop: LoopContext
    private let dialer: RedisDialer
    private let onMessage: (ByteBuffer) -> Void
    private let onReconnected: () -> Void
    private var connection: RedisConnection?
    private var isRunning = false
    private var sleeper: Suspension<Void>?
    private var timer: Scheduled<Void>?

    /// A connection that carries nothing is asked for a sign of life each `pingInterval`. `onReconnected` is called
    /// after every subscription, the first one too; both closures on the loop.
    package init(
        plan: RedisPlan, channel: String, backoff: Backoff, pingInterval: TimeAmount, loop: LoopContext,
        connector: Connector, log: Log? = nil, onMessage: @escaping (ByteBuffer) -> Void,
        onReconnected: @escaping () -> Void
    ) {
        self.channel = channel
        self.backoff = backoff
        self.pingInterval = pingInterval
        self.loop = loop
        dialer = RedisDialer(plan: plan, loop: loop, connector: connector, log: log)
        self.onMessage = onMessage
        self.onReconnected = onReconnected
    }

    /// Begins, and goes on until `stop`. Returns at once.
    package func start() {
        guard !isRunning else { return }
        isRunning = true
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let subscriber = self
        Task.immediate(executorPreference: loop.executor) { unsafe await subscriber.run() }
    }

    package func stop() {
        isRunning = false
        connection?.close()
        wake()
    }

    private func run() async {
        var failures = 0
        while isRunning {
            if let connection = await subscribed() {
                failures = 0
                onReconnected()
                await keepAlive(connection)
            }
            connection = nil
            failures += 1
            let pause = backoff.pause(after: failures, random: loop.randomWord())
            if isRunning { await sleep(TimeAmount(pause)) }
        }
    }

    private func subscribed() async -> RedisConnection? {
        do throws(RedisFailure) {
            let fresh = try await dialer.dial()
            connection = fresh
            guard isRunning else {
                fresh.close()
                return nil
            }
            fresh.onPush = { [self] in received($0) }
            try await fresh.subscribe(to: channel)
            fresh.onEnd = { [self] _ in wake() }
            return fresh
        } catch {
            connection?.close()
            return nil
        }
    }

    private func received(_ push: RESPValue) {
        guard isRunning, let words = push.elements, words.count == 3, words[0].isString("message"),
            words[1].bytes?.readableBytesView.elementsEqual(channel.utf8) ?? false, let message = words[2].bytes
        else { return }
        onMessage(message)
    }

    /// Until the connection ends; a server that has vanished without a word does not answer a ping.
    private func keepAlive(_ connection: RedisConnection) async {
        while connection.end == nil {
            await sleep(pingInterval)
            guard connection.end == nil else { return }
            do throws(RedisFailure) {
                _ = try await connection.send(RedisCommand("PING"))
            } catch {
                connection.close()
            }
        }
    }

    // MARK: sleep

    private func sleep(_ time: TimeAmount) async {
        await Suspension<Void>.wait { suspension in
            sleeper = suspension
            timer = loop.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in wake() }
        }
    }

    private func wake() {
        timer.take()?.cancel()
        sleeper.take()?.resume(())
    }
}
