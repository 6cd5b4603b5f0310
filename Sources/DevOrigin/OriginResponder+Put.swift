import Exchange
import NIOCore
import S3

/// PutObject, as far as seeding needs it: the body in one piece, streamed to a temporary file.
extension OriginResponder {
    /// The most bytes that one PUT may bring (S3's own limit).
    static var uploadLimit: Int64 { 5 << 30 }
    /// Bytes that are gathered before a thread of the disk hashes and writes them.
    private static var batch: Int { 256 * 1024 }

    func put(
        _ key: ObjectKey, of target: OriginTarget, payloadHash: String, _ request: Request,
        _ writer: any ResponseWriter
    ) async throws(OriginError) {
        guard !isReadOnly else { throw .accessDenied }
        let fields = request.head.fields
        guard !fields.contains(.ifMatch), !fields.contains(.ifNoneMatch), !isCopy(fields) else { throw .notImplemented }
        switch request.head.framing {
        case .chunked, .untilClose: throw .missingContentLength
        case .none: break
        case .length(let length): guard length <= Self.uploadLimit else { throw .entityTooLarge }
        }
        let expected = try expectedHash(payloadHash)
        let bucket = target.bucket
        let kept = ObjectFields(upload: fields)
        let token = request.id.description
        let upload = try await disk.run { [store] () throws(OriginError) in
            try store.beginUpload(bucket, key, fields: kept, token: token)
        }
        try await receive(request.body, into: upload)
        let tag = try await disk.run { () throws(OriginError) in try upload.finish(payloadHash: expected) }
        var head = head(200, request.id)
        head.add("etag", tag)
        writer.send(head, body: ByteBuffer())
    }

    private func isCopy(_ fields: FieldBlock) -> Bool {
        fields.entries.contains { entry in
            entry.name == .amzOther && String(buffer: fields.name(entry)).lowercased() == "x-amz-copy-source"
        }
    }

    /// Nil for an unsigned body; bodies signed chunk by chunk are not implemented.
    private func expectedHash(_ payloadHash: String) throws(OriginError) -> String? {
        if payloadHash == SignableRequest.unsignedPayload { return nil }
        guard !payloadHash.hasPrefix("STREAMING-") else { throw .notImplemented }
        return payloadHash
    }

    private func receive(_ body: (any BodySource)?, into upload: Upload) async throws(OriginError) {
        guard let body else { return }
        var batch = ByteBuffer()
        while true {
            let chunk: ByteBuffer?
            do throws(Fault) {
                chunk = try await body.next()
            } catch {
                throw error.code == .requestTimeout ? .requestTimeout : .incompleteBody
            }
            if let chunk { batch.writeImmutableBuffer(chunk) }
            guard chunk == nil || batch.readableBytes >= Self.batch else { continue }
            let full = batch
            batch = ByteBuffer()
            try await disk.run { () throws(OriginError) in try upload.write(full) }
            if chunk == nil { return }
        }
    }
}
