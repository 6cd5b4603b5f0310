import NIOSSL

/// Whether a certificate was issued for a host name (RFC 9525 §6.3).
///
/// Stands behind NIOSSL's own check because that one also passes a certificate which names only the address that was
/// connected to. A forged DNS answer would then be enough to take over a name: anybody can get a certificate for an
/// address of their own.
enum ServerIdentity {
    /// Whether one of the certificate's DNS names is `name`, which is in lower case and has no final dot.
    ///
    /// A certificate without any alternative name is left to NIOSSL, which compares the common name.
    static func isConfirmed(_ certificate: NIOSSLCertificate, for name: String) -> Bool {
        let alternatives = certificate._subjectAlternativeNames()
        guard !alternatives.isEmpty else { return true }
        let wanted = Array(name.utf8)
        return alternatives.contains { $0.nameType == .dnsName && matches(Array($0.contents), wanted) }
    }

    /// Compares without case; `*` may stand for the whole first label and for nothing else.
    static func matches(_ presented: [UInt8], _ name: [UInt8]) -> Bool {
        let pattern = (presented.last == UInt8(ascii: ".") ? presented.dropLast() : presented[...]).map(lowercase)
        guard pattern.starts(with: [UInt8(ascii: "*"), UInt8(ascii: ".")]) else {
            return !pattern.isEmpty && !pattern.contains(UInt8(ascii: "*")) && pattern == name
        }
        guard let dot = name.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
        let rest = pattern.dropFirst()
        // `*.com` would cover what nobody owns.
        return rest.dropFirst().contains(UInt8(ascii: ".")) && name[dot...].elementsEqual(rest)
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}
