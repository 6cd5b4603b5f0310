import Authentication
import Exchange
import HTTPSemantics
import NIOCore
import Network
import Telemetry

/// A question of the two stages that decide who may read, where its answer takes a wait.
struct Permission {
    enum Missing {
        /// The issuer's key set has to be asked for.
        case keys
        /// Whoever decides has to be asked.
        case decision(Principal)
        /// A refusal that takes its time.
        case delay(Fault)
    }

    let object: ObjectAddress
    let missing: Missing
}

extension Journey {
    /// Lets a request pass to its object, throws, or says what has to be waited for.
    func permit(
        _ request: Request, to object: borrowing ObjectAddress, _ trip: inout Trip
    ) throws(Fault) -> Pause? {
        guard let authenticator = corridor.buckets[object.bucket].authenticator else {
            metrics.authBypassed()
            return nil
        }
        trip.decider = "jwt"
        do throws(Fault) {
            let missing: Permission.Missing?
            switch try authenticate(request, by: authenticator, &trip) {
            case .known(let principal): missing = try permit(principal, request, to: object, &trip)
            case .unknown: missing = .keys
            case .forged(let fault): missing = .delay(fault)
            }
            return missing.map { .permission(Permission(object: copy object, missing: $0)) }
        } catch {
            throw counted(error)
        }
    }

    /// The same with the wait.
    func permit(_ request: Request, _ question: Permission, _ trip: inout Trip) async throws(Fault) {
        do throws(Fault) {
            switch question.missing {
            case .delay(let fault):
                await yieldLoop()
                throw fault
            case .keys:
                guard let authenticator = corridor.buckets[question.object.bucket].authenticator else { return }
                let principal = try await authenticateAfterFetch(request, by: authenticator, &trip)
                try admit(principal)
                metrics.authenticated(try await authorize(request, to: question.object, principal, &trip))
            case .decision(let principal):
                metrics.authenticated(try await authorize(request, to: question.object, principal, &trip))
            }
        } catch {
            throw counted(error)
        }
    }

    private func permit(
        _ principal: Principal, _ request: Request, to object: borrowing ObjectAddress, _ trip: inout Trip
    ) throws(Fault) -> Permission.Missing? {
        try admit(principal)
        guard let outcome = try authorizeAtOnce(request, to: object, principal, &trip) else {
            return .decision(principal)
        }
        metrics.authenticated(outcome)
        return nil
    }

    private func counted(_ fault: Fault) -> Fault {
        if let outcome = AuthOutcomeLabel(fault.code) { metrics.authenticated(outcome) }
        return fault
    }
}

/// What a look at a request's token says.
private enum Identification {
    case known(Principal)
    /// Only the issuer's newest keys can tell.
    case unknown
    /// Verifying costs the more, the more of what is pipelined is refused for it: others come first.
    case forged(Fault)
}

extension Journey {
    /// Who asks? A private bucket is read with a good token only (JWT-1…7).
    private func authenticate(
        _ request: Request, by authenticator: Authenticator, _ trip: inout Trip
    ) throws(Fault) -> Identification {
        do throws(AuthenticationFailure) {
            guard let principal = try authenticator.principal(of: request) else { return .unknown }
            trip.user = principal.subject
            return .known(principal)
        } catch {
            if case .claims(_, let user) = error { trip.user = user }
            if error == .invalid(.badSignature) { return .forged(error.fault) }
            throw error.fault
        }
    }

    private func authenticateAfterFetch(
        _ request: Request, by authenticator: Authenticator, _ trip: inout Trip
    ) async throws(Fault) -> Principal {
        do throws(AuthenticationFailure) {
            let principal = try await authenticator.principalAfterFetch(of: request)
            trip.user = principal.subject
            return principal
        } catch {
            if case .claims(_, let user) = error { trip.user = user }
            if error == .invalid(.badSignature) { await yieldLoop() }
            throw error.fault
        }
    }

    /// Lets the loop serve others.
    private func yieldLoop() async {
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
            switch try authenticate(request, by: authenticator, &trip) {
            case .known: break
            case .unknown: _ = try await authenticateAfterFetch(request, by: authenticator, &trip)
            case .forged(let fault):
                await yieldLoop()
                throw fault
            }
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
