import Exchange
import Network
import Transport

/// Why a provider gave no decision.
package enum AuthorizationFailure: Error, Equatable, Sendable {
    case unreachable(TransportFailure)
    case timedOut
    case status(UInt16)
    case answerTooLarge
    case answerCutShort
    case malformedAnswer(JSONFailure)
    /// JSON, but not what a decision looks like.
    case noDecision

    /// Whether another try may help: a connection that failed, or a server that says that the trouble is its own. Not
    /// after a timeout, for the time is over then, nor where we or the line are full.
    var isTransient: Bool {
        switch self {
        case .status(let status): status == 500 || status == 502 || status == 503 || status == 504
        case .answerCutShort, .unreachable(.closedEarly), .unreachable(.truncated): true
        case .unreachable(.connect(let failure)):
            switch failure {
            case .timedOut, .resolution(.timedOut), .resolution(.overloaded), .descriptorsExhausted, .cancelled: false
            case .refused, .unreachable, .reset, .resolution, .tls, .other: true
            }
        case .unreachable(.poolExhausted), .unreachable(.poolTimedOut), .unreachable(.timedOut),
            .unreachable(.invalidResponse), .unreachable(.bodyTimedOut), .unreachable(.cancelled),
            .unreachable(.shutDown):
            false
        case .timedOut, .answerTooLarge, .malformedAnswer, .noDecision: false
        }
    }

    /// Whether those who ask may have brought it about: too many questions at a time, or one that is refused.
    var isOfTheAsker: Bool {
        switch self {
        case .unreachable(.poolExhausted), .unreachable(.poolTimedOut),
            .unreachable(.connect(.descriptorsExhausted)), .unreachable(.connect(.resolution(.overloaded))):
            true
        case .status(let status): (400..<500).contains(status)
        case .unreachable, .timedOut, .answerTooLarge, .answerCutShort, .malformedAnswer, .noDecision: false
        }
    }

    /// For the log; holds nothing of the answer.
    package var explanation: String {
        switch self {
        case .unreachable(let failure): failure.fault.detail
        case .timedOut: "no decision in time"
        case .status(let status): "the answer's status is \(status)"
        case .answerTooLarge: "the answer is too large"
        case .answerCutShort: "the answer ended early"
        case .malformedAnswer(let failure): "the answer is \(failure.explanation)"
        case .noDecision: "the answer holds no decision"
        }
    }

    /// What a failed exchange means here.
    init(_ failure: TransportFailure) {
        switch failure {
        case .timedOut, .bodyTimedOut, .connect(.timedOut), .connect(.resolution(.timedOut)):
            self = .timedOut
        default: self = .unreachable(failure)
        }
    }
}
