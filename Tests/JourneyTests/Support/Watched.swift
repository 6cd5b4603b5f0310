import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// State that event loops change and tests wait for.
final class Watched<State: Sendable>: Sendable {
    /// The state did not become what was waited for.
    struct Overdue: Error, CustomStringConvertible {
        let description: String
    }

    private struct Inside {
        var state: State
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
        var version = 0
    }

    private let inside: NIOLockedValueBox<Inside>

    init(_ state: State) { inside = NIOLockedValueBox(Inside(state: state)) }

    var state: State { inside.withLockedValue { $0.state } }

    @discardableResult
    func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiters) = inside.withLockedValue { inside in
            let value = body(&inside.state)
            defer { inside.waiters = [:] }
            inside.version += 1
            return (value, Array(inside.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return value
    }

    /// Waits until `pick` finds something in the state, which it may take out of it.
    func take<Value: Sendable>(
        _ what: String, within limit: Duration = .seconds(20), _ pick: (inout State) -> Value?
    ) async throws -> Value {
        let end = ContinuousClock.now + limit
        while true {
            let (found, version) = inside.withLockedValue { (pick(&$0.state), $0.version) }
            if let found { return found }
            let left = end - .now
            guard left > .zero else { throw Overdue(description: "waited for \(what): \(state)") }
            await changed(since: version, within: left)
        }
    }

    /// Waits until the state is so.
    @discardableResult
    func wait(
        _ what: String, within limit: Duration = .seconds(20), until isSo: (State) -> Bool
    ) async throws -> State {
        try await take(what, within: limit) { isSo($0) ? $0 : nil }
    }

    private func changed(since version: Int, within limit: Duration) async {
        await withCheckedContinuation { waiter in
            let ticket = inside.withLockedValue { inside -> Int? in
                guard inside.version == version else { return nil }
                inside.next += 1
                inside.waiters[inside.next] = waiter
                return inside.next
            }
            guard let ticket else { return waiter.resume() }
            Loops.outside.next().scheduleTask(in: .init(limit)) { [self] in
                inside.withLockedValue { $0.waiters.removeValue(forKey: ticket) }?.resume()
            }
        }
    }
}

/// The event loops of everything that is not the proxy.
enum Loops {
    static let outside = MultiThreadedEventLoopGroup(numberOfThreads: 1)
}
