import NIOCore

/// Signs any request with Signature Version 4, for one region.
///
/// See "Authenticating Requests: Using the Authorization Header" in the S3 API reference.
package struct RequestSigner: Sendable {
    package let region: String
    package let service: String

    package init(region: String, service: String = "s3") {
        self.region = region
        self.service = service
    }

    /// Adds the fields x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization to `request`, whose
    /// host field must be there already. Fields added after this are not signed.
    package func sign(_ request: inout SignableRequest, as credentials: Credentials, time: Int64) {
        let date = AmzDate.text(time)
        request.fields.append(.init("x-amz-date", date))
        request.fields.append(.init("x-amz-content-sha256", request.payloadHash))
        if let token = credentials.sessionToken { request.fields.append(.init("x-amz-security-token", token)) }
        request.fields.append(.init("authorization", authorization(for: request, as: credentials, date: date)))
    }

    /// The value of the Authorization field for the request as it is, signing all of its fields.
    package func authorization(for request: SignableRequest, as credentials: Credentials, date: String) -> String {
        let signature = String(buffer: signature(for: request, secretKey: credentials.secretKey, date: date))
        let scope = "\(credentials.accessKey)/\(scope(date: date))"
        return "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=\(request.signedNames), Signature=\(signature)"
    }

    /// The 64 hexadecimal digits of the signature.
    func signature(for request: SignableRequest, secretKey: String, date: String) -> ByteBuffer {
        var canonical = ByteBuffer()
        request.writeCanonicalForm(to: &canonical)
        let hash = MessageDigest(of: canonical.readableBytesSpan)
        var text = ByteBuffer()
        text.writeString("AWS4-HMAC-SHA256\n\(date)\n\(scope(date: date))\n")
        text.writeHexadecimal(hash)
        let mac = MessageAuthentication(
            signingKeyOf: secretKey, day: String(date.prefix(8)), region: region, service: service)
        var signature = ByteBuffer()
        signature.writeHexadecimal(mac.code(of: text.readableBytesSpan))
        return signature
    }

    private func scope(date: String) -> String { "\(date.prefix(8))/\(region)/\(service)/aws4_request" }
}
