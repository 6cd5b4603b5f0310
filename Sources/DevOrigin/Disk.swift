import Glibc
import NIOPosix

/// Runs what blocks on threads of its own, so that no event loop waits for a disk.
struct Disk: Sendable {
    private let pool: NIOThreadPool

    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    /// Comes back to the caller's executor with what `work` came to.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(OriginError) -> Value
    ) async throws(OriginError) -> Value {
        let result = try? await pool.runIfActive {
            Result { () throws(OriginError) -> Value in try work() }
        }
        guard let result else { throw .internal(ECANCELED) }
        return try result.get()
    }

    func stop() async { try? await pool.shutdownGracefully() }
}
