/// The conditional fields of RFC 9110 §13, evaluated against a representation that exists.
///
/// Field values come as spans; an empty span stands for an absent field.
package enum Preconditions {
    package enum Outcome: Sendable, Equatable {
        /// Answer as without conditions.
        case proceed
        /// 304.
        case notModified
        /// 412.
        case failed
    }

    /// Evaluates in the order of RFC 9110 §13.2.2, for GET and HEAD.
    ///
    /// A date that cannot be read makes its field count as absent (§13.1.3, §13.1.4), and so does a representation
    /// without Last-Modified. `now` in seconds since the epoch settles two-digit years.
    package static func evaluate(
        etag: Span<UInt8>, lastModified: Int64?, ifMatch: Span<UInt8>, ifUnmodifiedSince: Span<UInt8>,
        ifNoneMatch: Span<UInt8>, ifModifiedSince: Span<UInt8>, now: Int64
    ) -> Outcome {
        if !ifMatch.isEmpty {
            guard EntityTag.list(ifMatch, contains: etag, .strong) else { return .failed }
        } else if let date = HTTPDate.parse(ifUnmodifiedSince, now: now), let lastModified, lastModified > date {
            return .failed
        }
        if !ifNoneMatch.isEmpty {
            return EntityTag.list(ifNoneMatch, contains: etag, .weak) ? .notModified : .proceed
        }
        if let date = HTTPDate.parse(ifModifiedSince, now: now), let lastModified, lastModified <= date {
            return .notModified
        }
        return .proceed
    }

    /// Whether a Range field applies in the presence of this If-Range (RFC 9110 §13.1.5); true when it is absent.
    ///
    /// A tag compares strongly. A date must be the very Last-Modified, and that must lie before `date`, the moment when
    /// the origin sent the representation, or it is no strong validator (§8.8.2.2).
    package static func rangeApplies(
        ifRange: Span<UInt8>, etag: Span<UInt8>, lastModified: Int64?, date: Int64
    ) -> Bool {
        if ifRange.isEmpty { return true }
        if let validator = HTTPDate.parse(ifRange, now: date) {
            guard let lastModified else { return false }
            return validator == lastModified && lastModified < date
        }
        return EntityTag.matches(ifRange, etag, .strong)
    }
}
