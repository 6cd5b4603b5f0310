import Crypto
import NIOCore

/// HMAC over SHA-256 (RFC 2104) as the two hash states that follow from its key, ready to be copied for each message.
///
/// Both states have absorbed their block of padded key already, so that a short message costs three blocks of SHA-256
/// instead of five and no handling of keys. `update` on a copy leaves the original as it is.
struct MessageAuthentication {
    private var inner: SHA256
    private let outer: SHA256

    init(key: Span<UInt8>) {
        guard key.count <= 64 else {
            self.init(key: MessageDigest(of: key))
            return
        }
        var padded: InlineArray<64, UInt8> = .init(repeating: 0)
        for index in key.indices { padded[index] = key[index] }
        self.init(padded: padded)
    }

    init(key: MessageDigest) {
        var padded: InlineArray<64, UInt8> = .init(repeating: 0)
        unsafe key.withBytes { bytes in
            for index in 0..<min(32, bytes.count) { padded[index] = unsafe bytes[index] }
        }
        self.init(padded: padded)
    }

    private init(padded key: InlineArray<64, UInt8>) {
        let innerPad: InlineArray<64, UInt8> = .init { index in key[index] ^ 0x36 }
        let outerPad: InlineArray<64, UInt8> = .init { index in key[index] ^ 0x5c }
        var inner = SHA256()
        var outer = SHA256()
        inner.update(innerPad.span)
        outer.update(outerPad.span)
        self.inner = inner
        self.outer = outer
    }

    mutating func update(_ message: Span<UInt8>) {
        inner.update(message)
    }

    func finalize() -> MessageDigest {
        var last = outer
        last.update(MessageDigest(inner.finalize()))
        return MessageDigest(last.finalize())
    }
}

extension MessageAuthentication {
    /// The signing key of Signature Version 4 for one day (`20130524`), region and service.
    init(signingKeyOf secretKey: String, day: String, region: String, service: String) {
        var mac = MessageAuthentication(key: ("AWS4" + secretKey).utf8.span)
        for part in [day, region, service, "aws4_request"] {
            mac.update(part.utf8.span)
            mac = MessageAuthentication(key: mac.finalize())
        }
        self = mac
    }
}
