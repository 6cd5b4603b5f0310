import HTTPSemantics
import NIOCore
import S3

/// The answer to ListObjectsV2 as S3 writes it.
enum ListingDocument {
    static func body(_ listing: Listing, of bucket: String, _ query: ListQuery) -> ByteBuffer {
        var out = ByteBuffer()
        out.writeXMLDeclaration()
        out.writeStaticString("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
        out.writeElement("Name", bucket)
        out.writeElement("Prefix", bytes: text(query.prefix, query))
        if let startAfter = query.startAfter { out.writeElement("StartAfter", bytes: text(startAfter, query)) }
        if let token = query.token { out.writeElement("ContinuationToken", bytes: token) }
        if let next = listing.next { out.writeElement("NextContinuationToken", next.token) }
        out.writeElement("KeyCount", "\(listing.count)")
        out.writeElement("MaxKeys", "\(query.pageLength)")
        if !query.delimiter.isEmpty { out.writeElement("Delimiter", bytes: text(query.delimiter, query)) }
        if query.encodesURL { out.writeElement("EncodingType", "url") }
        out.writeElement("IsTruncated", listing.next == nil ? "false" : "true")
        for item in listing.items {
            out.writeStaticString("<Contents>")
            out.writeElement("Key", bytes: text(item.key, query))
            out.writeElement("LastModified", date(item.identity.seconds))
            out.writeElement("ETag", item.tag)
            out.writeElement("Size", "\(item.identity.length)")
            out.writeElement("StorageClass", "STANDARD")
            out.writeStaticString("</Contents>")
        }
        for group in listing.groups {
            out.writeStaticString("<CommonPrefixes>")
            out.writeElement("Prefix", bytes: text(group, query))
            out.writeStaticString("</CommonPrefixes>")
        }
        out.writeStaticString("</ListBucketResult>")
        return out
    }

    private static func text(_ bytes: [UInt8], _ query: ListQuery) -> [UInt8] {
        guard query.encodesURL else { return bytes }
        return Array(encoded(bytes).utf8)
    }

    /// Percent-encoded, slashes kept. The bytes are UTF-8.
    static func encoded(_ bytes: [UInt8]) -> String {
        bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { PercentEncoding.encoded(String(decoding: $0, as: UTF8.self)) }.joined(separator: "/")
    }

    /// ISO 8601 with milliseconds, as in S3's lists.
    private static func date(_ seconds: Int64) -> String {
        let time = CivilTime(seconds: seconds)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let day = "\(digits(time.year, 4))-\(digits(time.month, 2))-\(digits(time.day, 2))"
        return "\(day)T\(digits(time.hour, 2)):\(digits(time.minute, 2)):\(digits(time.second, 2)).000Z"
    }
}
