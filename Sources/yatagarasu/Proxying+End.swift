import Admin
import Cache
import NIOCore
import Network
import Server
import Settings
import Telemetry

extension Proxying {
    /// The graceful end (REL-2): `/ready` says no at once, listeners stay for the delay, requests in flight finish.
    func end(reason: String) async {
        let began = NIODeadline.now()
        lifecycle.beginEnding()
        let connections = await main.openConnections()
        let inFlight = await main.inFlight()
        log.info(
            "shutting down",
            ["reason": .string(reason), "connections": .int(connections), "in_flight": .int(inFlight)])
        let shutdown = configuration.server.shutdown
        if shutdown.delay > .zero { try? await Task.sleep(for: shutdown.delay) }
        await main.closeListeners()
        let report = await main.drain(timeout: shutdown.timeout)
        await metrics?.closeListeners()
        _ = await metrics?.drain(timeout: .seconds(1))
        await finish(reason, began, inFlight: report.inFlight, cut: report.cut)
    }

    /// The end at once, asked for by a second signal.
    func endNow(reason: String) async {
        let cut = await main.cut()
        await finish(reason, .now(), inFlight: cut, cut: cut)
    }

    private func finish(_ reason: String, _ began: NIODeadline, inFlight: Int, cut: Int) async {
        for seat in seats { try? await seat.eventLoop.submit { seat.value.end() }.get() }
        resolver.shutDown()
        await cache.stop()
        let lasted = NIODeadline.now() - began
        registry.shared.set(registry.gauge(.shutdownDuration), Int(lasted.nanoseconds))
        log.info(
            "ended",
            [
                "reason": .string(reason), "in_flight": .int(inFlight), "cut": .int(cut),
                "duration_ms": .duration(.nanoseconds(lasted.nanoseconds)),
            ])
    }
}
