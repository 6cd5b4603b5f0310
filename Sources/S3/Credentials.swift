/// What is wrong with credentials before anybody was asked.
package enum CredentialsFailure: Error, Equatable, Sendable {
    case emptyAccessKey
    case emptySecretKey
    /// An access key or a session token holds a space, a control character or a byte beyond ASCII, or an access key
    /// one of `,`, `/` and `=`: it could not stand in a header field.
    case illegalCharacter
    /// A source that has to ask somebody did not get an answer; the text is for the log and holds no secret.
    case unavailable(String)

    /// What is wrong, for the operator.
    package var explanation: String {
        switch self {
        case .emptyAccessKey: "the access key is empty"
        case .emptySecretKey: "the secret key is empty"
        case .illegalCharacter: "the access key or the session token holds a character that a header field cannot"
        case .unavailable(let why): why
        }
    }
}

/// An access key with its secret and, for temporary credentials, the session token.
///
/// Printing, interpolating or dumping a value shows the access key only.
package struct Credentials: Sendable, Equatable {
    package let accessKey: String
    package let secretKey: String
    /// Nil for long-term keys; an empty token is taken for none.
    package let sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) throws(CredentialsFailure) {
        guard !accessKey.isEmpty else { throw .emptyAccessKey }
        guard !secretKey.isEmpty else { throw .emptySecretKey }
        for text in [accessKey, sessionToken ?? ""] {
            guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .illegalCharacter }
        }
        guard !accessKey.utf8.contains(where: { ",/=".utf8.contains($0) }) else { throw .illegalCharacter }
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "Credentials(\(accessKey), secret ***\(sessionToken == nil ? "" : ", token ***"))"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["accessKey": accessKey], displayStyle: .struct) }
}

/// As whom a request is made.
package enum SigningIdentity: Sendable, Equatable {
    /// Unsigned, for public buckets.
    case anonymous
    case credentials(Credentials)
}
