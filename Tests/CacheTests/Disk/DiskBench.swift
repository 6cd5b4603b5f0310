import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Cache

/// A folder of its own for a test, and tiers over it.
final class DiskBench: Sendable {
    struct NoFolder: Error {}

    let path: String
    let ledger = PurgeLedger()
    let pool: DiskPool
    let events = NIOLockedValueBox<[DiskEvent]>([])
    let states = NIOLockedValueBox<[DiskState]>([])
    private let tiers = NIOLockedValueBox<[DiskTier]>([])

    init(threads: Int = 3) throws {
        var template = Array("/tmp/cache-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw NoFolder() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/cache"
        pool = try #require(DiskPool(threads: threads, queueLimit: 1000))
    }

    deinit {
        pool.stop()
        Self.shell("rm -rf '\(path.dropLast(6))'")
    }

    /// Runs `body` on a loop with a bench of its own.
    static func run(
        threads: Int = 3, _ body: @escaping @Sendable (DiskBench, LoopContext) async throws -> Void
    ) async throws {
        let bench = try DiskBench(threads: threads)
        let group = try ReactorGroup(threads: 1)
        let eventLoop = group.loops[0]
        let result = await Task(executorPreference: LoopExecutor(eventLoop)) {
            try await body(bench, LoopContext(eventLoop: eventLoop, index: 0, seed: (1, 2, 3, 4)))
        }.result
        for tier in bench.tiers.withLockedValue({ $0 }) { await tier.stop() }
        try await group.shutdownGracefully()
        try result.get()
    }

    /// A tier over the folder that has been started; scanned to its end unless told otherwise.
    func tier(
        maxBytes: Int64 = 1 << 30, openFiles: Int = 100, retryAfter: TimeAmount = .nanoseconds(0),
        isScanned: Bool = true
    ) async -> DiskTier {
        let (events, states) = (events, states)
        let tier = DiskTier(
            DiskTierSettings(folder: path, maxBytes: maxBytes, openFiles: openFiles, retryAfter: retryAfter),
            spaces: FixedSpaces(), ledger: ledger, pool: pool,
            reports: DiskReports(
                state: { state in states.withLockedValue { $0.append(state) } },
                event: { event in events.withLockedValue { $0.append(event) } }))
        tiers.withLockedValue { $0.append(tier) }
        tier.start()
        if isScanned { await tier.scanned() }
        return tier
    }

    func store(_ response: StoredResponse, _ key: CacheKey, in tier: DiskTier, on loop: LoopContext) async -> Bool {
        let ticket = ledger.take()
        defer { ledger.giveBack(ticket) }
        return await tier.store(response, for: key, ticket, on: loop)
    }

    func purge(_ scope: PurgeScope, in tier: DiskTier, on loop: LoopContext) async -> Int {
        ledger.note(scope)
        return await tier.purge(scope, on: loop)
    }

    /// Waits until what was abandoned or removed without waiting is gone.
    func settle(_ tier: DiskTier) async {
        for _ in 0..<10_000 {
            let isBusy = tier.state.withLockedValue { $0.index.reserved > 0 || $0.index.leaving > 0 }
            guard isBusy else { return }
            _ = await tier.owed {}
        }
    }

    func count(_ event: DiskEvent) -> Int { events.withLockedValue { $0.filter { $0 == event }.count } }

    /// Where the response of `key` lies.
    func file(of key: CacheKey) throws -> String {
        let identity = try #require(FixedSpaces().identity(of: key.space))
        return path + "/" + DiskName(identity, key.bytes).path
    }

    /// The paths of all files, and what they take.
    func files() -> [String] {
        Self.shell("cd '\(path)' && find . -mindepth 2 -type f").split(separator: "\n").map(String.init)
    }

    func occupied() -> Int64 {
        let sizes = Self.shell("cd '\(path)' && find . -mindepth 2 -type f -printf '%s\\n'").split(separator: "\n")
        return sizes.reduce(0) { $0 + DiskTierSettings.blocks(Int64($1) ?? 0) }
    }

    @discardableResult
    static func shell(_ command: String) -> String {
        guard let stream = unsafe popen(command, "r") else { return "" }
        defer { unsafe _ = pclose(stream) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe fread(&piece, 1, piece.count, stream)
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += piece[..<count]
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw NoFolder() }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        guard unsafe pread(file, &bytes, bytes.count, 0) == bytes.count else { throw NoFolder() }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw NoFolder() }
        defer { close(file) }
        guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count else { throw NoFolder() }
    }
}

/// A hundred spaces.
struct FixedSpaces: SpaceDirectory {
    var known: Range<UInt32> = 0..<100

    func identity(of space: UInt32) -> SpaceIdentity? {
        known.contains(space) ? SpaceIdentity(high: 0x0123_4567_89ab_cdef, low: UInt64(space)) : nil
    }

    func space(of identity: SpaceIdentity) -> UInt32? {
        UInt32(exactly: identity.low).flatMap {
            known.contains($0) && identity.high == 0x0123_4567_89ab_cdef ? $0 : nil
        }
    }
}
