import Admission
import Exchange
import NIOCore
import Network

// What admission can only ask where its subject is known.
extension Journey {
    /// May this client read that bucket, and so often (HTTP-8, LIM-1)?
    func admit(_ request: Request, toBucket index: Int) throws(Fault) {
        let bucket = corridor.buckets[index]
        do throws(AdmissionFailure) {
            try bucket.addressFilter?.check(request.client.ip)
            try bucket.rateLimit?.admit(now: loop.moment)
        } catch {
            throw refusal(of: error, bucket: index)
        }
    }

    /// Does the decoded path look harmless, where the operator wants that asked (HTTP-6)?
    func admit(path: Span<UInt8>) throws(Fault) {
        guard let shape = SQLShape.find(in: path) else { return }
        throw refusal(of: .suspiciousPath(shape), bucket: nil)
    }

    /// May this user ask so often (LIM-1)? A token that names nobody is limited by itself.
    func admit(_ principal: Principal) throws(Fault) {
        guard let rateLimits else { return }
        do throws(AdmissionFailure) {
            if let name = principal.subject {
                try rateLimits.admit(user: name.readableBytesUInt8Span, now: loop.moment)
            } else {
                let (high, low) = (principal.identity.high, principal.identity.low)
                let name: InlineArray<16, UInt8> = .init { index in
                    UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> (UInt64(index & 7) * 8))
                }
                try rateLimits.admit(user: name.span, now: loop.moment)
            }
        } catch {
            throw refusal(of: error, bucket: nil)
        }
    }

    /// Counts a failure and turns it into what the client is told.
    func refusal(of failure: AdmissionFailure, bucket: Int?) -> Fault {
        switch failure {
        case .hopsDisagree: break
        case .addressDenied: metrics.addressDenied(bucket: bucket)
        case .rateLimited(let limit, _): metrics.rateLimited(limit, bucket: bucket)
        case .suspiciousPath: metrics.suspiciousPathBlocked()
        }
        return failure.fault
    }
}
