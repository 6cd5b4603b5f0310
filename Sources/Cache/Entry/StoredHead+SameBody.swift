import NIOCore

extension StoredHead {
    /// Whether both are heads of the same body, as their validators have it (RFC 9111 §4.3.4): a tier asks it before it
    /// renews a head, for the body may have been replaced since the origin was asked.
    package func hasSameBody(as other: StoredHead) -> Bool {
        guard kind.rawValue == other.kind.rawValue, status == other.status, length == other.length,
            completeLength == other.completeLength
        else { return false }
        if etag.isEmpty && other.etag.isEmpty { return lastModified == other.lastModified }
        guard let one = etagBytes, let another = other.etagBytes else { return false }
        return one == another
    }

    /// The ETag's value as it was received, empty when there is none; nil when the range is not one of the lines'.
    private var etagBytes: ByteBufferView? {
        let view = lines.readableBytesView
        let range = view.startIndex + etag.lowerBound..<view.startIndex + etag.upperBound
        return range.upperBound <= view.endIndex ? view[range] : nil
    }
}
