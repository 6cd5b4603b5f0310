/// Why a command has no answer.
package enum RedisFailure: Error, Equatable, Sendable {
    /// The server cannot be reached, or was not for some time and is not asked now.
    case unavailable
    /// No answer within the time of an operation.
    case timedOut
    /// The connection ended before the answer; the command may have been carried out.
    case connectionLost
    /// The server answered with an error.
    case refused(RedisRefusal)
    /// The answer broke the protocol or a bound.
    case protocolViolation(RESPFailure?)
    /// Too many commands wait already.
    case overloaded
    /// Who asked has left.
    case cancelled
    case shutDown
}

/// What kind of error a server answered with, by its first word.
package enum RedisRefusal: Error, Equatable, Sendable {
    /// The server wants a password.
    case noAuth
    case wrongPass
    /// The user may not do this.
    case noPerm
    /// A replica was asked to write: the master is elsewhere by now.
    case readOnly
    /// The memory that the server may use is full.
    case oom
    /// The server reads its data set after its start.
    case loading
    /// A script holds the server.
    case busy
    /// A replica without its master.
    case masterDown
    /// A node of a cluster that does not hold the key.
    case moved
    case other
}

extension RedisRefusal {
    /// `text` is the error as it came, such as `OOM command not allowed when used memory > 'maxmemory'.`
    init(_ text: [UInt8]) {
        let word = text.prefix { $0 != 0x20 }
        self = Self.words.first { word.elementsEqual($0.0.utf8) }?.1 ?? .other
    }

    private static let words: [(String, RedisRefusal)] = [
        ("NOAUTH", .noAuth), ("WRONGPASS", .wrongPass), ("NOPERM", .noPerm), ("READONLY", .readOnly), ("OOM", .oom),
        ("LOADING", .loading), ("BUSY", .busy), ("MASTERDOWN", .masterDown), ("MOVED", .moved), ("ASK", .moved),
        ("CLUSTERDOWN", .moved),
    ]
}

extension RedisFailure {
    /// Whether it tells of a server that is not fit for work, rather than of one command or of ourselves: what the
    /// breaker counts.
    var isOutage: Bool {
        switch self {
        case .unavailable, .timedOut, .connectionLost, .protocolViolation: true
        case .refused(let refusal): refusal.isOutage
        case .overloaded, .cancelled, .shutDown: false
        }
    }

    /// What went wrong, for the operator.
    package var explanation: String {
        switch self {
        case .unavailable: "the server cannot be reached"
        case .timedOut: "the server did not answer in time"
        case .connectionLost: "the connection ended before the answer"
        case .refused(let refusal): refusal.explanation
        case .protocolViolation: "the answer broke the protocol or a bound"
        case .overloaded: "too many commands wait already"
        case .cancelled: "nobody waits for the answer"
        case .shutDown: "shutting down"
        }
    }
}

extension RedisRefusal {
    var isOutage: Bool {
        switch self {
        case .noAuth, .wrongPass, .readOnly, .loading, .busy, .masterDown, .moved: true
        case .noPerm, .oom, .other: false
        }
    }

    /// Whether another server has the data now.
    var meansMoved: Bool {
        switch self {
        case .readOnly, .masterDown: true
        case .noAuth, .wrongPass, .noPerm, .oom, .loading, .busy, .moved, .other: false
        }
    }

    var explanation: String {
        switch self {
        case .noAuth: "the server wants a password"
        case .wrongPass: "the server does not know this user and password"
        case .noPerm: "the user may not do this"
        case .readOnly: "the server is a replica"
        case .oom: "the server's memory is full"
        case .loading: "the server is still loading its data"
        case .busy: "a script keeps the server busy"
        case .masterDown: "the replica has lost its master"
        case .moved: "the server is a node of a cluster, which is not supported"
        case .other: "the server answered with an error"
        }
    }
}
