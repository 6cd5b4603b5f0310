import Exchange
import HTTPSemantics
import NIOCore
import S3
import Settings

/// Where a request leads.
enum Destination {
    /// OPTIONS: a preflight for that bucket, or a question about the server as a whole.
    case options(bucket: Int?)
    /// `/admin` and all below it.
    case admin
    case object(ObjectAddress)
}

/// One object, as the client named it.
struct ObjectAddress {
    let bucket: Int
    /// The decoded path; what follows `keyStart` is the key, byte for byte.
    let path: [UInt8]
    let keyStart: Int
    let query: ObjectQuery
}

extension Journey {
    /// Which bucket and which key? The path is decoded here, once, for all who come after (RTE-1…5); what admission
    /// asks of path and bucket is asked as soon as they are known.
    func route(_ request: Request, _ trip: inout Trip) throws(Fault) -> Destination {
        let isOptions = request.head.isOptions
        let target = request.head.path
        do throws(PathFailure) {
            try RequestPath.decode(target.readableBytesUInt8Span, into: &trip.path)
        } catch {
            if isOptions { return .options(bucket: nil) }
            if error == .dotSegment { metrics.traversalBlocked() }
            throw Fault(.badPath, detail: error.explanation)
        }
        if rejectsSQLLikePaths { try admit(path: trip.path.span) }
        if AdminPath.holds(trip.path.span) { return .admin }
        let match = corridor.routes.match(trip.path.span)
        trip.bucket = match?.bucket
        if hasGuardedBuckets, let match { try admit(request, toBucket: match.bucket) }
        if isOptions { return .options(bucket: match?.bucket) }
        guard let match else { throw Fault(.noRoute) }
        trip.keyStart = min(match.prefixLength + 1, trip.path.count)
        guard trip.keyStart < trip.path.count else { throw Fault(.notFound, detail: "the key is empty") }
        return .object(
            ObjectAddress(
                bucket: match.bucket, path: trip.path, keyStart: trip.keyStart,
                query: try query(of: request, in: corridor.buckets[match.bucket])))
    }

    /// `versionId`, and the overrides where the bucket allows them (S3-3).
    private func query(of request: Request, in bucket: Corridor.Bucket) throws(Fault) -> ObjectQuery {
        guard let query = request.head.query, query.readableBytes > 0 else { return .none }
        do throws(QueryFailure) {
            return try ObjectQuery.parse(
                query.readableBytesUInt8Span, allowsOverrides: bucket.settings.s3.allowResponseOverrides)
        } catch {
            throw Fault(.badRequest, detail: error.explanation)
        }
    }
}
