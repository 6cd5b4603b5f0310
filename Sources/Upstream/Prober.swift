import Exchange
import NIOCore
import Network
import Telemetry
import Transport

/// Asks each bucket's origin whether it serves, in the background, so that `/ready` never waits (OBS-3). Bound to one
/// loop.
///
/// A probe is a GET of a key that should not exist. "No such key" and "access denied" are answers of a healthy origin
/// to valid keys; a refused signature, a missing bucket, an error of the origin's or none at all are not.
package final class Prober {
    private static let key = Array(".well-known/yatagarasu-probe".utf8)
    /// How old an answer may be before it is asked again.
    private static let freshness = TimeAmount.seconds(2)

    private let loop: LoopContext
    private let board: HealthBoard
    private let origins: [BucketOrigin]
    private let timeouts: [TimeAmount]

    package init(
        loop: LoopContext, board: HealthBoard, origins: [BucketOrigin], timeouts: [TimeAmount]
    ) {
        self.loop = loop
        self.board = board
        self.origins = origins
        self.timeouts = timeouts
    }

    /// Starts a probe of every bucket whose state is not known of late. Returns at once.
    package func refresh() {
        for index in origins.indices where board.entries[index].beginProbe(olderThan: Self.freshness) {
            let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
            Task.immediate(executorPreference: loop.executor) { await bound.value.probe(index) }
        }
    }

    private func probe(_ index: Int) async {
        let (health, reason) = await ask(index)
        board.entries[index].endProbe(health, reason)
    }

    private func ask(_ index: Int) async -> (HealthBoard.Health, String) {
        do throws(Fault) {
            let request = ObjectRequest(isHead: false, path: Self.key, isProbe: true)
            let answer = try await origins[index].fetch(
                request, deadline: .now() + timeouts[index], cancellation: Cancellation())
            answer.cancel()
            return (.healthy, "")
        } catch {
            switch error.code {
            case .notFound where error.originCode != "NoSuchBucket": return (.healthy, "")
            case .forbidden: return (.healthy, "")
            case .originBusy where error.originStatus == 0: return (.healthy, "")
            default: return (.unhealthy, "\(error.code.rawValue) \(error.detail)")
            }
        }
    }
}
