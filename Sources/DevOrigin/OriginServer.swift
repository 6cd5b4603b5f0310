import Exchange
import NIOCore
import Network
import S3
import Server
import Settings
import Telemetry

/// A running origin: a small S3 server over a folder, for the demo, for tests and for measuring.
///
/// Path style only. Every request must be signed with Signature Version 4.
package final class OriginServer: Sendable {
    /// An object that can be asked for.
    package struct Sample: Sendable, Equatable {
        /// The key as it stands in a URL.
        package let path: String
        package let length: Int64
        /// With its quotes.
        package let tag: String
    }

    private let server: Server
    private let group: ReactorGroup
    private let disk: Disk
    private let store: ObjectStore
    /// Where it listens; the port is the real one when 0 was asked.
    package let port: Int

    private init(server: Server, group: ReactorGroup, disk: Disk, store: ObjectStore) {
        self.server = server
        self.group = group
        self.disk = disk
        self.store = store
        port = server.address?.port ?? 0
    }

    /// - Parameter wallClock: seconds since the epoch.
    package static func start(
        _ settings: OriginSettings, wallClock: @escaping @Sendable () -> Int64
    ) async throws(OriginFailure) -> OriginServer {
        if case .single(let bucket) = settings.layout, !ObjectStore.isBucketName(bucket) {
            throw .badBucketName(bucket)
        }
        let store = ObjectStore(root: try Folder.root(settings.folder), layout: settings.layout)
        let disk = Disk(threads: 4)
        let group: ReactorGroup
        do throws(ReactorFailure) { group = try ReactorGroup(threads: settings.threads) } catch {
            throw .bind(.other(error.errno), address: settings.address, port: Int(settings.port))
        }
        let loops = group.loops
        let metrics = ServerMetrics(registry: MetricRegistry(loops: loops.count))
        do throws(BindFailure) {
            let server = try await Server.start(
                address: settings.address, port: Int(settings.port), settings: limits, loops: loops, metrics: metrics,
                wallClock: wallClock
            ) { index in
                let seed = (settings.seed, settings.seed &+ UInt64(index), UInt64(0x9e37_79b9_7f4a_7c15), UInt64(1))
                return Server.Seat(
                    loop: LoopContext(eventLoop: loops[index], index: index, seed: seed),
                    responder: OriginResponder(settings, store: store, disk: disk, wallClock: wallClock))
            }
            return OriginServer(server: server, group: group, disk: disk, store: store)
        } catch {
            await disk.stop()
            try? await group.shutdownGracefully()
            throw .bind(error, address: settings.address, port: Int(settings.port))
        }
    }

    private static var limits: ServerSettings {
        var settings = ServerSettings()
        settings.securityLimits.maxBodySize = Int(OriginResponder.uploadLimit)
        settings.requestTimeout = .seconds(3_600)
        return settings
    }

    /// The first objects of a bucket, for a demo to name.
    package func samples(of bucket: String, limit: Int) async -> [Sample] {
        var query = ListQuery()
        query.pageLength = limit
        let page = try? await disk.run { [store, query] () throws(OriginError) in try store.list(bucket, query) }
        return (page?.items ?? []).map {
            Sample(path: ListingDocument.encoded($0.key), length: $0.identity.length, tag: $0.tag)
        }
    }

    /// Takes no new connection and lets requests end, at most for `timeout`.
    package func stop(timeout: Duration = .seconds(2)) async {
        await server.closeListeners()
        _ = await server.drain(timeout: timeout)
        try? await group.shutdownGracefully()
        await disk.stop()
    }
}
