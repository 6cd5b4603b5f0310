import Crypto

/// HMAC over SHA-256 (RFC 2104) as the two hash states that follow from its key, ready to be copied for each message.
///
/// Both states have absorbed their block of padded key already, so that a short message costs three blocks of SHA-256
/// instead of five and no handling of keys. A code leaves both as they are.
struct MessageAuthentication {
    private var inner: SHA256
    private let outer: SHA256

    init(key: Span<UInt8>) {
        guard key.count <= 64 else {
            self.init(key: MessageDigest(of: unsafe key.bytes))
            return
        }
        var padded: InlineArray<64, UInt8> = .init(repeating: 0)
        for index in key.indices { padded[index] = key[index] }
        self.init(padded: padded)
    }

    init(key: MessageDigest) {
        var padded: InlineArray<64, UInt8> = .init(repeating: 0)
        unsafe key.withBytes { bytes in
            for index in 0..<32 { padded[index] = unsafe bytes[index] }
        }
        self.init(padded: padded)
    }

    private init(padded key: InlineArray<64, UInt8>) {
        let innerPad: InlineArray<64, UInt8> = .init { index in key[index] ^ 0x36 }
        let outerPad: InlineArray<64, UInt8> = .init { index in key[index] ^ 0x5c }
        var inner = SHA256()
        var outer = SHA256()
        unsafe inner.update(innerPad.span.bytes)
        unsafe outer.update(outerPad.span.bytes)
        self.inner = inner
        self.outer = outer
    }

    /// Absorbs the start of all messages to come.
    mutating func update(_ message: RawSpan) {
        inner.update(message)
    }

    /// The code of the message that ends with `rest`.
    func code(of rest: RawSpan) -> MessageDigest {
        var first = inner
        first.update(rest)
        var last = outer
        last.update(MessageDigest(first.finalize()))
        return MessageDigest(last.finalize())
    }
}

extension MessageAuthentication {
    /// The signing key of Signature Version 4 for one day (`20130524`), region and service.
    init(signingKeyOf secretKey: String, day: String, region: String, service: String) {
        var mac = MessageAuthentication(key: ("AWS4" + secretKey).utf8.span)
        for part in [day, region, service, "aws4_request"] {
            mac = MessageAuthentication(key: mac.code(of: unsafe part.utf8.span.bytes))
        }
        self = mac
    }
}
