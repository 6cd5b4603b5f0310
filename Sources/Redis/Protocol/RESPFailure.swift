/// Why bytes are no reply, or none that is taken.
package enum RESPFailure: Error, Equatable, Sendable {
    /// The first byte of a value names no type.
    case unknownType
    case badInteger
    case badLength
    case badDouble
    case badBoolean
    case badNull
    case badBigNumber
    case badVerbatim
    /// A line or a string does not end in CR LF.
    case badEnd
    case lineTooLong
    case bulkTooLong
    case tooManyElements
    case tooDeep
    /// Strings and aggregates of unknown length, which servers do not send to clients that did not ask.
    case streamed
    /// A push inside another value.
    case nestedPush
}
