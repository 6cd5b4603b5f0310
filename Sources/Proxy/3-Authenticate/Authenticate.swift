import Authentication
import Exchange
import HTTPSemantics
import NIOCore
import Network
import Telemetry

extension Journey {
    /// Who asks? A private bucket is read with a good token only (JWT-1…7).
    func authenticate(
        _ request: Request, by authenticator: Authenticator, _ trip: inout Trip
    ) async throws(Fault) -> Principal {
        do throws(AuthenticationFailure) {
            let principal: Principal
            if let known = try authenticator.principal(of: request) {
                principal = known
            } else {
                principal = try await authenticator.principalAfterFetch(of: request)
            }
            trip.user = principal.subject
            return principal
        } catch {
            if case .claims(_, let user) = error { trip.user = user }
            if error == .invalid(.badSignature) { await pause() }
            throw error.fault
        }
    }

    /// Lets the loop serve others: verifying costs the more, the more of what is pipelined is refused for it.
    private func pause() async {
        let eventLoop = loop.eventLoop
        await Suspension<Void>.wait { waiter in eventLoop.execute { waiter.resume(()) } }
    }

    /// Nothing below `/admin/` is answered without a token that has the administrators' claims (ADM-1).
    func administer(_ request: Request, _ trip: inout Trip) async throws(Fault) -> Answer {
        guard let authenticator = corridor.admin else {
            throw Fault(.adminDenied, detail: "no `jwt.admin_claims` are configured")
        }
        trip.decider = "jwt"
        do throws(Fault) {
            _ = try await authenticate(request, by: authenticator, &trip)
        } catch {
            throw error.code == .claimMismatch ? Fault(.adminDenied, detail: error.detail) : error
        }
        throw Fault(.noRoute)
    }
}

/// The paths of administration, which win over every bucket (RTE-5).
enum AdminPath {
    /// Whether a path is `/admin` or below it.
    static func holds(_ path: Span<UInt8>) -> Bool {
        let prefix: StaticString = "/admin"
        guard path.count >= 6, unsafe path.bytes.extracting(0..<6).equals(prefix) else { return false }
        return path.count == 6 || path[6] == UInt8(ascii: "/")
    }

    /// The same for a path that is not decoded yet.
    static func isMeant(by head: borrowing RequestHead) -> Bool {
        var decoded: [UInt8] = []
        guard (try? RequestPath.decode(head.path.readableBytesUInt8Span, into: &decoded)) != nil else { return false }
        return holds(decoded.span)
    }
}
