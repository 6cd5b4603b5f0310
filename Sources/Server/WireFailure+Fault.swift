import Exchange
import HTTPWire

extension WireFailure {
    /// What a client is told when its bytes are no HTTP/1.1 request.
    var fault: Fault {
        switch self {
        case .malformed(.tooManyFields): Fault(.headersTooLarge, detail: explanation)
        case .malformed: Fault(.badRequest, detail: explanation)
        case .targetTooLong: Fault(.uriTooLong)
        case .headTooLong: Fault(.headersTooLarge)
        case .versionNotSupported: Fault(.versionNotSupported)
        case .bodyTooLong: Fault(.payloadTooLarge)
        }
    }
}
