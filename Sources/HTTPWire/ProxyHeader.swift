import Exchange

/// For whom a proxy connects, as its PROXY header says (haproxy's proxy-protocol.txt).
package enum ProxyHeader: Equatable, Sendable {
    /// For itself, or for somebody it does not know: the client is the peer (`UNKNOWN`, `LOCAL`, a local socket).
    case peer
    case source(NumericAddress)
}

/// Why bytes are no PROXY header; the connection is of no use then.
package enum ProxyHeaderFailure: Error, Equatable, Sendable, CaseIterable {
    /// The bytes begin like no header of an accepted version.
    case missing
    /// More than 107 bytes in version 1, or than the limit in version 2.
    case tooLong
    /// Version 1: not `PROXY`, protocol, two addresses and two ports, each behind one space, and CRLF.
    case badLine
    /// Version 2: a version, command, family or transport that is not defined, or not of a stream.
    case badKind
    /// Version 2: fewer bytes than the family's addresses take.
    case tooShort

    /// What is wrong, for the operator.
    package var explanation: String {
        switch self {
        case .missing: "the connection of a trusted proxy does not begin with a PROXY header"
        case .tooLong: "the PROXY header is too long"
        case .badLine: "the PROXY header's line is malformed"
        case .badKind: "the PROXY header has an unknown version, command or protocol"
        case .tooShort: "the PROXY header is too short for its addresses"
        }
    }
}
