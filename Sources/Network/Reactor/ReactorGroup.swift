import Dispatch
import NIOCore

/// Some reactors, each with its thread.
package final class ReactorGroup: EventLoopGroup {
    package let loops: [Reactor]

    /// Starts `threads` loops, at least one.
    package init(threads: Int) throws(ReactorFailure) {
        var loops: [Reactor] = []
        for index in 0..<max(1, threads) { loops.append(try Reactor(name: "loop-\(index)")) }
        self.loops = loops
    }

    package func next() -> any EventLoop { loops[0] }

    package func any() -> any EventLoop { loops[0] }

    package func makeIterator() -> EventLoopIterator { EventLoopIterator(loops) }

    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        let ended = DispatchGroup()
        for loop in loops {
            ended.enter()
            loop.shutdownGracefully(queue: queue) { _ in ended.leave() }
        }
        ended.notify(queue: queue) { callback(nil) }
    }
}
