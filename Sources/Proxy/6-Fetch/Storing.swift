import Cache
import Exchange
import HTTPSemantics
import NIOCore
import S3

/// What an origin's answer is to the cache.
struct Storable {
    let head: StoredHead
    let vary: VaryFields
    let storability: Storability

    /// `requestTime` and `responseTime` in milliseconds since the epoch.
    init(_ origin: OriginHead, rules: FreshnessRules, requestTime: Int64, responseTime: Int64) {
        var control = ResponseCacheControl()
        var vary = VaryFields.none
        for entry in origin.fields.entries {
            switch entry.name {
            case .cacheControl: control.read(origin.fields.value(entry).readableBytesUInt8Span)
            case .vary: vary.read(origin.fields.value(entry).readableBytesUInt8Span)
            default: continue
            }
        }
        var lines = ByteBufferAllocator().buffer(capacity: origin.fields.bytes.readableBytes)
        FieldSelection.originResponse.copy(origin.fields, to: &lines)
        lines.writeStaticString("Date: ")
        if let date = origin.fields.value(.date), HTTPDate.parse(date.readableBytesUInt8Span, now: 0) != nil {
            lines.writeImmutableBuffer(date)
        } else {
            let now = HTTPDate.format(responseTime / 1_000)
            unsafe lines.writeBytes(now.span.bytes)
        }
        lines.writeStaticString("\r\n")
        head = StoredHead(
            origin, lines: lines.compacted, control, rules: rules, requestTime: requestTime,
            responseTime: responseTime)
        self.vary = vary
        storability = Storability(
            status: Int(origin.status), cacheControl: control, vary: vary, storesNotFound: false,
            respectsCacheControl: rules.respectsCacheControl)
    }
}

extension Storable {
    /// The same for a slice of an object of `complete` bytes: what it is a part of does not say which part it is.
    func asSlice(of complete: Int64) -> Storable {
        let all = FieldLines(head.lines)
        var kept = ByteBuffer()
        all.forEach { name, _, _, line in
            if name != .contentRange { kept.writeImmutableBuffer(all.slice(line)) }
        }
        var head = head
        head.status = 206
        head.lines = kept.compacted
        head.etag = StoredValidators(head.lines).etag
        head.completeLength = complete
        return Storable(head: head, vary: vary, storability: storability)
    }

    private init(head: StoredHead, vary: VaryFields, storability: Storability) {
        self.head = head
        self.vary = vary
        self.storability = storability
    }
}

extension StoredHead {
    /// The head of an object; its length is -1 until it is known.
    fileprivate init(
        _ origin: OriginHead, lines: ByteBuffer, _ control: ResponseCacheControl, rules: FreshnessRules,
        requestTime: Int64, responseTime: Int64
    ) {
        let age = origin.fields.value(.age) ?? ByteBuffer()
        let date = origin.fields.value(.date) ?? ByteBuffer()
        let freshness: Freshness
        if let expires = origin.fields.value(.expires) {
            freshness = Freshness(
                cacheControl: control, age: age.readableBytesUInt8Span, date: date.readableBytesUInt8Span,
                expires: expires.readableBytesUInt8Span, rules: rules, requestTime: requestTime,
                responseTime: responseTime)
        } else {
            freshness = Freshness(
                cacheControl: control, age: age.readableBytesUInt8Span, date: date.readableBytesUInt8Span,
                expires: nil, rules: rules, requestTime: requestTime, responseTime: responseTime)
        }
        let length: Int64 =
            switch origin.framing {
            case .none: origin.declaredLength ?? 0
            case .length(let length): length
            case .chunked, .untilClose: -1
            }
        let validators = StoredValidators(lines)
        let now = responseTime / 1_000
        self.init(
            kind: .object, status: 200, lines: lines, length: length, freshness: freshness, etag: validators.etag,
            lastModified: validators.lastModified, date: HTTPDate.parse(date.readableBytesUInt8Span, now: now) ?? now)
    }

    /// The stored head as a 304 renews it (RFC 9111 §3.2, §4.3.4); nil when the 304 speaks of another response.
    func freshened(
        by origin: OriginHead, rules: FreshnessRules, requestTime: Int64, responseTime: Int64
    ) -> StoredHead? {
        let fresh = Storable(origin, rules: rules, requestTime: requestTime, responseTime: responseTime)
        let said = fresh.head
        let isSame = Validators.matches304(
            storedETag: lines.readableBytesUInt8Span.extracting(etag), storedLastModified: lastModified,
            responseETag: said.lines.readableBytesUInt8Span.extracting(said.etag),
            responseLastModified: said.lastModified)
        guard isSame else { return nil }
        let old = FieldLines(lines)
        let new = FieldLines(said.lines)
        var replaced: [[UInt8]] = []
        var merged = ByteBuffer()
        new.forEach { _, name, _, line in
            let spelling = new.lowered(name)
            guard RevalidationFields.replaces(spelling.span) else { return }
            replaced.append(spelling)
            merged.writeImmutableBuffer(new.slice(line))
        }
        old.forEach { _, name, _, line in
            if !replaced.contains(old.lowered(name)) { merged.writeImmutableBuffer(old.slice(line)) }
        }
        let validators = StoredValidators(merged)
        var head = self
        head.lines = merged.compacted
        head.etag = validators.etag
        head.lastModified = validators.lastModified
        head.date = said.date
        head.freshness = renewed(fresh, origin, rules, merged, requestTime, responseTime)
        return head
    }

    /// What the 304 does not say about freshness, the stored response still says.
    private func renewed(
        _ fresh: Storable, _ origin: OriginHead, _ rules: FreshnessRules, _ merged: ByteBuffer, _ requestTime: Int64,
        _ responseTime: Int64
    ) -> Freshness {
        let lines = FieldLines(merged)
        var control = ResponseCacheControl()
        lines.forEach { name, _, value, _ in
            if name == .cacheControl { control.read(lines.slice(value).readableBytesUInt8Span) }
        }
        let age = origin.fields.value(.age) ?? ByteBuffer()
        let date = origin.fields.value(.date) ?? ByteBuffer()
        guard let expires = lines.value(.expires) else {
            return Freshness(
                cacheControl: control, age: age.readableBytesUInt8Span, date: date.readableBytesUInt8Span,
                expires: nil, rules: rules, requestTime: requestTime, responseTime: responseTime)
        }
        return Freshness(
            cacheControl: control, age: age.readableBytesUInt8Span, date: date.readableBytesUInt8Span,
            expires: expires.readableBytesUInt8Span, rules: rules, requestTime: requestTime,
            responseTime: responseTime)
    }
}

/// The validators among stored lines.
private struct StoredValidators {
    var etag = 0..<0
    var lastModified: Int64?

    init(_ lines: ByteBuffer) {
        let fields = FieldLines(lines)
        fields.forEach { name, _, value, _ in
            switch name {
            case .etag where etag.isEmpty: etag = value
            case .lastModified where lastModified == nil:
                lastModified = HTTPDate.parse(fields.slice(value).readableBytesUInt8Span, now: 0)
            default: break
            }
        }
    }
}

extension StoredResponse {
    /// The conditional fields with which the origin is asked whether it still holds; nil without a validator.
    var validators: ByteBuffer? {
        var lines = ByteBuffer()
        if !head.etag.isEmpty {
            lines.writeStaticString("If-None-Match: ")
            lines.writeImmutableBuffer(FieldLines(head.lines).slice(head.etag))
        } else if let date = FieldLines(head.lines).value(.lastModified), head.lastModified != nil {
            lines.writeStaticString("If-Modified-Since: ")
            lines.writeImmutableBuffer(date)
        } else {
            return nil
        }
        lines.writeStaticString("\r\n")
        return lines
    }
}

extension FieldLines {
    fileprivate func lowered(_ name: Range<Int>) -> [UInt8] {
        slice(name).readableBytesView.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }
}

extension ByteBuffer {
    /// The same bytes in memory of their own size.
    var compacted: ByteBuffer {
        var own = ByteBufferAllocator().buffer(capacity: readableBytes)
        own.writeImmutableBuffer(self)
        return own
    }
}
