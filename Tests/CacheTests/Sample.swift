import HTTPSemantics
import NIOCore
import Network

@testable import Cache

/// Keys and responses to store.
enum Sample {
    static func key(_ object: String, space: UInt32 = 1) -> CacheKey {
        CacheKey(space: space, path: Array(object.utf8), keyStart: 0)
    }

    /// The object's own key, and those of its version, variants and slices.
    static func related(_ object: String, space: UInt32 = 1) -> [CacheKey] {
        let key = key(object, space: space)
        let version = key.querying(Array("versionId=3".utf8))
        return [
            key, version, key.variant(mark: 1, digest: 2), key.variant(mark: 1, digest: 3), version.slice(0),
            key.slice(0), key.slice(3), key.slice(4_294_967_296),
        ]
    }

    /// Of an object.
    static func response(
        _ body: String, etag: String = "\"9b2cf535\"", age: Int64 = 0, field: String? = nil
    ) -> StoredResponse {
        let body = ByteBuffer(string: body)
        return StoredResponse(
            head(length: body.readableBytes, etag: etag, age: age, field: field),
            body.readableBytes == 0 ? .none : .whole(body))
    }

    static func head(length: Int, etag: String, age: Int64 = 0, field: String? = nil) -> StoredHead {
        var lines = ByteBuffer(string: "content-type: image/jpeg\r\netag: ")
        let start = lines.writerIndex
        lines.writeString(etag)
        let end = lines.writerIndex
        lines.writeString("\r\n" + (field.map { $0 + "\r\n" } ?? ""))
        return StoredHead(
            kind: .object, status: 200, lines: lines, length: Int64(length),
            freshness: Freshness(
                storedAt: 1_795_250_922_000 + age, initialAge: 2_500, lifetime: 3_600_000,
                staleWhileRevalidate: 30_000, staleIfError: 600_000, mustRevalidate: age % 2 == 1),
            etag: start..<end, lastModified: 1_795_194_191, date: 1_795_250_922)
    }

    /// Of each kind, with bodies of each kind and of many sizes.
    static let responses: [StoredResponse] = {
        var all = [0, 1, 2, 15, 16, 17, 1_000, 4_096, 65_535, 65_536, 70_001, 1 << 20].map { length in
            length == 0
                ? StoredResponse(head(length: 0, etag: "\"e\""), .none)
                : StoredResponse(head(length: length, etag: "\"w\""), .whole(bytes(length, seed: length)))
        }
        all.append(StoredResponse(head(length: 0, etag: "\"e\""), .whole(ByteBuffer())))
        // As they are read: slices of greater buffers, many small ones, and great ones.
        var read = bytes(65_536, seed: 9)
        read.moveReaderIndex(forwardBy: 60_000)
        all.append(StoredResponse(head(length: read.readableBytes, etag: "W/\"s\""), .whole(read)))
        for sizes in [[1], [10, 20, 30], Array(repeating: 700, count: 600), [65_536, 3, 65_536, 1, 40_000]] {
            let chunks = sizes.enumerated().map { bytes($1, seed: $0) }
            let length = sizes.reduce(0, +)
            all.append(StoredResponse(head(length: length, etag: "\"c\""), .chunks(chunks)))
        }
        return all + others
    }()

    /// Those that are not objects, and a slice without validators.
    private static var others: [StoredResponse] {
        let fresh = Freshness(
            storedAt: 5, initialAge: 0, lifetime: 10, staleWhileRevalidate: 0, staleIfError: 0, mustRevalidate: true)
        let slice = bytes(100, seed: 1)
        return [
            StoredResponse(
                StoredHead(kind: .missing, status: 404, lines: ByteBuffer(), length: 0, freshness: fresh), .none),
            StoredResponse(
                StoredHead(
                    kind: .varies, status: 200, lines: ByteBuffer(string: "accept-language\r\nx-a\r\n"), length: 0,
                    freshness: fresh, mark: .max), .none),
            StoredResponse(
                StoredHead(kind: .unstorable, status: 200, lines: ByteBuffer(), length: 0, freshness: fresh), .none),
            StoredResponse(
                StoredHead(
                    kind: .object, status: 200, lines: ByteBuffer(string: "a: \u{e9}\r\n"), length: 100,
                    completeLength: 1 << 40, freshness: fresh, date: -1), .whole(slice)),
        ]
    }

    static func bytes(_ count: Int, seed: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8) &+ seed) })
    }

    static func body(of response: StoredResponse, on loop: LoopContext) async throws -> ByteBuffer {
        switch response.body {
        case .none: return ByteBuffer()
        case .whole(let bytes): return bytes
        case .chunks(let chunks):
            return chunks.reduce(into: ByteBuffer()) { all, chunk in
                var chunk = chunk
                all.writeBuffer(&chunk)
            }
        case .file(let file):
            var all = ByteBuffer()
            while all.readableBytes < Int(file.length) {
                let offset = Int64(all.readableBytes)
                var piece =
                    if let piece = file.readAtOnce(at: offset, limit: 65_536) { piece } else {
                        try await file.read(at: offset, limit: 65_536, on: loop)
                    }
                all.writeBuffer(&piece)
            }
            return all
        }
    }

    /// Whether heads and bodies are the same, however the bodies are kept.
    static func isSame(_ one: StoredResponse, _ other: StoredResponse, on loop: LoopContext) async throws -> Bool {
        let (first, second) = (one.head, other.head)
        guard first.kind == second.kind, first.status == second.status, first.lines == second.lines,
            first.length == second.length, first.completeLength == second.completeLength,
            first.freshness == second.freshness, first.etag == second.etag,
            first.lastModified == second.lastModified, first.date == second.date, first.mark == second.mark
        else { return false }
        return try await body(of: one, on: loop) == body(of: other, on: loop)
    }
}
