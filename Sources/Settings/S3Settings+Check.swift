import ConfigSchema

extension S3Settings {
    package func check(_ report: inout SectionReport) {
        checkCredentials(&report)
        checkBucket(&report)
        if tls.caPath != nil, endpoint?.scheme == .http {
            report.error(at: "tls.ca_path", "has no use with an `http` endpoint")
        }
    }

    private func checkCredentials(_ report: inout SectionReport) {
        if isAnonymous {
            let given = [("access_key", accessKey), ("secret_key", secretKey), ("session_token", sessionToken)]
            for (key, secret) in given where secret != nil {
                report.error(at: key, "has no use with `credentials: anonymous`", hint: "remove one of them")
            }
            return
        }
        for (key, secret) in [("access_key", accessKey), ("secret_key", secretKey)] where secret == nil {
            report.error(at: key, "is required", hint: "or say `credentials: anonymous` for a public bucket")
        }
    }

    /// A name that becomes part of a host name has to be one.
    private func checkBucket(_ report: inout SectionReport) {
        guard addressing == .virtual else { return }
        let isHostName = bucket.utf8.allSatisfy { byte in
            isAlphanumeric(byte) && !(0x41...0x5A).contains(byte) || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-")
        }
        if !isHostName {
            report.error(
                at: "bucket", "must be of lower-case letters, digits, dots and hyphens with `addressing: virtual`",
                hint: "or say `addressing: path`")
        }
        if endpoint?.isIPAddress == true {
            report.error(at: "addressing", "cannot be `virtual` with an endpoint that is an IP address")
        }
    }
}
