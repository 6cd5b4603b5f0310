import Exchange
import NIOCore
import S3

/// Answers requests as S3 does: verified first, then read, then served from the folder. One for each event loop.
final class OriginResponder: Responder {
    let verifier: SignatureVerifier
    let store: ObjectStore
    let disk: Disk
    let region: String
    let isReadOnly: Bool
    /// Seconds since the epoch.
    let wallClock: @Sendable () -> Int64

    init(_ settings: OriginSettings, store: ObjectStore, disk: Disk, wallClock: @escaping @Sendable () -> Int64) {
        verifier = SignatureVerifier(region: settings.region, credentials: [settings.credentials])
        self.store = store
        self.disk = disk
        region = settings.region
        isReadOnly = settings.isReadOnly
        self.wallClock = wallClock
    }

    func respondAtOnce(to request: Request, through writer: any ResponseWriter) -> Bool { false }

    func respond(to request: Request, through writer: any ResponseWriter) async {
        do throws(OriginError) {
            try await answer(request, writer)
        } catch {
            send(error, resource: request.head.path, id: request.id, to: writer)
        }
    }

    func refuse(_ refusal: Refusal, through writer: any ResponseWriter) {
        let error = OriginError.badRequest(status: refusal.fault.code.status)
        send(error, resource: ByteBuffer(), id: refusal.id, to: writer)
    }

    /// Throws before the answer has begun, or not at all.
    private func answer(_ request: Request, _ writer: any ResponseWriter) async throws(OriginError) {
        let verified: SignatureVerifier.Verified
        do throws(SignatureFailure) {
            verified = try verifier.verify(request.head, now: wallClock())
        } catch {
            throw .signature(error)
        }
        let target = try OriginTarget(request.head)
        guard !target.bucket.isEmpty else { throw .notImplemented }
        guard !target.parameters.namesSubresource else { throw .notImplemented }
        switch (request.head.method, target.key) {
        case (.get, let key?), (.head, let key?): try await get(key, of: target, request, writer)
        case (.put, let key?): try await put(key, of: target, payloadHash: verified.payloadHash, request, writer)
        case (.get, nil): try await list(target, request, writer)
        case (.head, nil): try await headBucket(target.bucket, request, writer)
        case (.put, nil): try await createBucket(target.bucket, request, writer)
        case (.options, _), (.post, _), (.delete, _), (.patch, _), (.connect, _), (.trace, _), (.other, _):
            throw .methodNotAllowed
        }
    }

    private func list(_ target: OriginTarget, _ request: Request, _ writer: any ResponseWriter)
        async throws(OriginError)
    {
        guard target.parameters["list-type"]?.elementsEqual("2".utf8) == true else { throw .notImplemented }
        let query = try ListQuery(target.parameters)
        let bucket = target.bucket
        let listing = try await disk.run { [store] () throws(OriginError) in try store.list(bucket, query) }
        var head = head(200, request.id)
        head.add("content-type", "application/xml" as StaticString)
        writer.send(head, body: ListingDocument.body(listing, of: bucket, query))
    }

    private func headBucket(
        _ bucket: String, _ request: Request, _ writer: any ResponseWriter
    ) async throws(OriginError) {
        try await disk.run { [store] () throws(OriginError) in _ = try store.bucket(bucket) }
        var head = head(200, request.id)
        head.add("x-amz-bucket-region", region)
        writer.send(head, body: ByteBuffer())
    }

    private func createBucket(
        _ bucket: String, _ request: Request, _ writer: any ResponseWriter
    ) async throws(OriginError) {
        guard !isReadOnly else { throw .accessDenied }
        try await disk.run { [store] () throws(OriginError) in try store.createBucket(bucket) }
        var head = head(200, request.id)
        head.add("location", "/" + bucket)
        writer.send(head, body: ByteBuffer())
    }

    /// A head with what every answer carries.
    func head(_ status: UInt16, _ id: RequestID) -> ResponseHead {
        var head = ResponseHead(status: status)
        head.add("x-amz-request-id", id.description)
        return head
    }

    private func send(_ error: OriginError, resource: ByteBuffer, id: RequestID, to writer: any ResponseWriter) {
        var head = head(error.status, id)
        head.add("content-type", "application/xml" as StaticString)
        switch error {
        case .invalidRange(let length): head.add("content-range", "bytes */\(length)")
        case .methodNotAllowed: head.add("allow", "GET, HEAD, PUT" as StaticString)
        default: break
        }
        writer.send(head, body: ErrorDocument.body(error, resource: resource, id: id))
    }
}
