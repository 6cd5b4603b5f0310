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

    /// May this user ask so often (LIM-1)?
    func admit(_ user: Principal) throws(Fault) {
        guard let rateLimits else { return }
        do throws(AdmissionFailure) {
            try rateLimits.admit(user, now: loop.moment)
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
