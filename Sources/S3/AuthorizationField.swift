import NIOCore

/// The parts of an Authorization field of Signature Version 4:
/// `AWS4-HMAC-SHA256 Credential=KEY/day/region/service/aws4_request, SignedHeaders=a;b, Signature=hex`.
struct AuthorizationField: Equatable {
    var accessKey: String
    var day: String
    var region: String
    var service: String
    var signedNames: [String]
    /// 64 hexadecimal digits, as sent.
    var signature: [UInt8]

    init(_ text: String) throws(SignatureFailure) {
        let algorithm = "AWS4-HMAC-SHA256"
        guard text.hasPrefix(algorithm + " "), text.utf8.count <= 8_192 else { throw .malformed }
        var parts: [String: Substring] = [:]
        for part in text.dropFirst(algorithm.count).split(separator: ",") {
            let pair = part.trimmingSpaces.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, parts.updateValue(pair[1], forKey: String(pair[0])) == nil else { throw .malformed }
        }
        guard parts.count == 3, let credential = parts["Credential"], let names = parts["SignedHeaders"],
            let signature = parts["Signature"]
        else { throw .malformed }
        // The access key comes first and may hold slashes itself.
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count >= 5, scope[scope.count - 1] == "aws4_request" else { throw .malformed }
        service = String(scope[scope.count - 2])
        region = String(scope[scope.count - 3])
        day = String(scope[scope.count - 4])
        accessKey = scope.dropLast(4).joined(separator: "/")
        signedNames = names.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        self.signature = Array(signature.utf8)
        guard !accessKey.isEmpty, self.signature.count == 64, Set(signedNames).count == signedNames.count,
            signedNames.allSatisfy({ name in !name.isEmpty && name.utf8.allSatisfy { !(0x41...0x5a).contains($0) } })
        else { throw .malformed }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
