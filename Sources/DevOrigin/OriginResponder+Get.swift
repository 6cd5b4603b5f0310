import Exchange
import HTTPSemantics
import NIOCore
import S3

/// GetObject and HeadObject: conditions, one range, and the bytes.
extension OriginResponder {
    func get(
        _ key: ObjectKey, of target: OriginTarget, _ request: Request, _ writer: any ResponseWriter
    ) async throws(OriginError) {
        let overrides = try overrides(request.head)
        let bucket = target.bucket
        let readsAhead = request.head.method == .get
        let object = try await disk.run { [store] () throws(OriginError) in
            try store.open(bucket, key, readsAhead: readsAhead)
        }
        var head = head(200, request.id)
        write(object, overrides, to: &head)
        switch outcome(object, request.head.fields) {
        case .failed: throw .preconditionFailed
        case .notModified:
            head.status = 304
            writer.begin(head, framing: .absent)
            writer.end()
        case .proceed:
            let range = try range(object, request.head.fields)
            if let range {
                head.status = 206
                var value: [UInt8] = []
                ContentRange.part(range, complete: object.length).write(to: &value)
                head.add("content-range", String(decoding: value, as: UTF8.self))
            }
            let offset = range?.first ?? 0
            let length = range?.count ?? object.length
            await transfer(object, from: offset, length: length, head, isHead: !readsAhead, writer)
        }
    }

    /// The `response-*` parameters and the version that a query names; there are no versions but `null`.
    private func overrides(_ head: RequestHead) throws(OriginError) -> ObjectQuery {
        let raw = head.query ?? ByteBuffer()
        let query: ObjectQuery
        do throws(QueryFailure) {
            query = try ObjectQuery.parse(raw.readableBytesUInt8Span, allowsOverrides: true)
        } catch {
            throw .invalidArgument("A response-* parameter cannot be read.")
        }
        for parameter in query.parameters where parameter.name == .versionID {
            guard parameter.value.elementsEqual("null".utf8) else { throw .noSuchVersion }
        }
        return query
    }

    private func write(_ object: StoredObject, _ overrides: ObjectQuery, to head: inout ResponseHead) {
        head.add("accept-ranges", "bytes" as StaticString)
        head.add("etag", object.tag)
        let date = HTTPDate.format(object.lastModified)
        head.add("last-modified", String(decoding: (0..<29).map { date[$0] }, as: UTF8.self))
        var fields = object.fields
        for parameter in overrides.parameters {
            guard let name = parameter.name.field else { continue }
            fields.set(name, ByteBuffer(bytes: parameter.value))
        }
        for line in fields.lines { head.lines.writeImmutableBuffer(line.bytes) }
    }

    private func outcome(_ object: StoredObject, _ fields: FieldBlock) -> Preconditions.Outcome {
        func value(_ name: FieldName) -> [UInt8] { fields.value(name).map { Array($0.readableBytesView) } ?? [] }
        return Preconditions.evaluate(
            etag: object.tag.utf8.span, lastModified: object.lastModified, ifMatch: value(.ifMatch).span,
            ifUnmodifiedSince: value(.ifUnmodifiedSince).span, ifNoneMatch: value(.ifNoneMatch).span,
            ifModifiedSince: value(.ifModifiedSince).span, now: wallClock())
    }

    /// Nil for the whole object: without a Range field, with one that cannot be read, and with several ranges.
    private func range(_ object: StoredObject, _ fields: FieldBlock) throws(OriginError) -> ByteRange? {
        guard let field = fields.value(.range), let specs = ByteRange.parse(field.readableBytesUInt8Span, limit: 1)
        else { return nil }
        let condition = fields.value(.ifRange) ?? ByteBuffer()
        guard
            Preconditions.rangeApplies(
                ifRange: condition.readableBytesUInt8Span, etag: object.tag.utf8.span,
                lastModified: object.lastModified, date: wallClock())
        else { return nil }
        switch ByteRange.resolve(specs, length: object.length) {
        case .unsatisfiable: throw .invalidRange(length: object.length)
        case .satisfiable(let ranges): return ranges.first
        }
    }

    private func transfer(
        _ object: StoredObject, from offset: Int64, length: Int64, _ head: ResponseHead, isHead: Bool,
        _ writer: any ResponseWriter
    ) async {
        if let content = object.content?.getSlice(at: Int(offset), length: Int(length)) {
            return writer.send(head, body: content)
        }
        writer.begin(head, framing: .length(length))
        guard !isHead else { return writer.end() }
        let body = FileBody(object.file.descriptor, from: offset, length: length, disk: disk)
        do {
            while let chunk = try await body.next() {
                if writer.write(chunk) { writer.flush() } else { try await writer.waitUntilWritable() }
            }
            writer.end()
        } catch {
            writer.abort()
        }
    }
}

extension ObjectQuery.Name {
    /// The field that the parameter sets; none for the version.
    fileprivate var field: FieldName? {
        switch self {
        case .cacheControl: .cacheControl
        case .contentDisposition: .contentDisposition
        case .contentEncoding: .contentEncoding
        case .contentLanguage: .contentLanguage
        case .contentType: .contentType
        case .expires: .expires
        case .versionID: nil
        }
    }
}
