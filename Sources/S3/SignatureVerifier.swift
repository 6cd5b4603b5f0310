import Exchange
import NIOCore

/// Verifies the Signature Version 4 of incoming requests, as an S3 server does.
///
/// Not for the hot path: it serves the development origin and the tests.
package struct SignatureVerifier: Sendable {
    /// What a verified request has proven.
    package struct Verified: Sendable, Equatable {
        package let accessKey: String
        /// The value of x-amz-content-sha256; comparing it with the body is the caller's task.
        package let payloadHash: String
    }

    /// How far x-amz-date may lie from now, in seconds.
    package static let allowedSkew: Int64 = 900

    private let signer: RequestSigner
    private let credentials: [String: Credentials]

    package init(region: String, credentials: [Credentials]) {
        signer = RequestSigner(region: region)
        self.credentials = Dictionary(credentials.map { ($0.accessKey, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// - Parameter now: seconds since the epoch.
    package func verify(_ head: RequestHead, now: Int64) throws(SignatureFailure) -> Verified {
        guard let text = head.fields.string(.authorization) else { throw .missing }
        let field = try AuthorizationField(text)
        guard field.service == signer.service else { throw .malformed }
        guard field.region == signer.region else { throw .wrongRegion(expected: signer.region) }
        guard let known = credentials[field.accessKey] else { throw .unknownAccessKey }
        let date = try checkedDate(head.fields, day: field.day, now: now)
        guard let hash = head.fields.values(named: "x-amz-content-sha256").first else { throw .missingField }
        let token = head.fields.values(named: "x-amz-security-token").first
        guard token == known.sessionToken.map({ Array($0.utf8) }) else { throw .wrongToken }
        try checkCoverage(head.fields, field.signedNames)
        let payloadHash = String(decoding: hash, as: UTF8.self)
        let request = try signable(head, field.signedNames, payloadHash)
        let expected = signer.signature(for: request, secretKey: known.secretKey, date: date)
        guard Self.areEqual(expected, field.signature) else { throw .mismatch }
        return Verified(accessKey: field.accessKey, payloadHash: payloadHash)
    }

    private func checkedDate(_ fields: FieldBlock, day: String, now: Int64) throws(SignatureFailure) -> String {
        guard let date = fields.values(named: "x-amz-date").first, let moment = AmzDate.parse(date.span)
        else { throw .missingField }
        guard date.prefix(8).elementsEqual(day.utf8) else { throw .malformed }
        let (distance, isBeyond) = moment.subtractingReportingOverflow(now)
        guard !isBeyond, distance.magnitude <= UInt64(Self.allowedSkew) else { throw .skewed }
        return String(decoding: date, as: UTF8.self)
    }

    private func checkCoverage(_ fields: FieldBlock, _ signed: [String]) throws(SignatureFailure) {
        guard signed.contains("host") else { throw .unsignedField }
        for entry in fields.entries {
            let name = String(buffer: fields.name(entry)).lowercased()
            if name.hasPrefix("x-amz-"), !signed.contains(name) { throw .unsignedField }
        }
    }

    private func signable(
        _ head: RequestHead, _ names: [String], _ payloadHash: String
    ) throws(SignatureFailure) -> SignableRequest {
        guard let path = PercentEncoding.decoded(head.path.readableBytesUInt8Span, plusIsSpace: false)
        else { throw .badTarget }
        var query: [SignableRequest.Parameter] = []
        for pair in (head.query ?? ByteBuffer()).readableBytesView.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decoded(Array(halves[0]).span, plusIsSpace: true),
                let value = PercentEncoding.decoded(
                    Array(halves.count > 1 ? halves[1] : halves[0].prefix(0)).span, plusIsSpace: true)
            else { throw .badTarget }
            query.append(.init(name: name, value: value))
        }
        var fields: [SignableRequest.Field] = []
        for name in names {
            let values = head.fields.values(named: name)
            guard !values.isEmpty else { throw .mismatch }
            fields += values.map { .init(name, $0) }
        }
        let method = head.method == .other ? String(buffer: head.methodToken ?? ByteBuffer()) : head.method.name
        return SignableRequest(method: method, path: path, query: query, fields: fields, payloadHash: payloadHash)
    }

    /// Takes the same time wherever the first difference lies.
    private static func areEqual(_ expected: ByteBuffer, _ given: [UInt8]) -> Bool {
        guard expected.readableBytes == given.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(expected.readableBytesView, given) { difference |= one ^ other }
        return difference == 0
    }
}

extension FieldBlock {
    /// The values of all fields of that name, given in lower case, in order.
    fileprivate func values(named name: String) -> [[UInt8]] {
        entries.filter { String(buffer: self.name($0)).lowercased() == name }.map { Array(value($0).readableBytesView) }
    }
}
