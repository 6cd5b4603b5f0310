import NIOCore

/// Who asks: what a verified token says. Bound to one event loop; requests with the same token share it.
package final class Principal {
    /// What stands for the claims where two are compared: a keyed digest of their bytes.
    package struct Identity: Sendable, Hashable {
        package let high: UInt64
        package let low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    /// The token's claims, an object.
    package let claims: JSONDocument
    package let identity: Identity
    /// The claim `sub`, when it is a string that is not empty.
    package let subject: ByteBuffer?

    package init(claims: JSONDocument, identity: Identity) {
        self.claims = claims
        self.identity = identity
        let text = claims.root["sub"]?.string ?? []
        subject = text.isEmpty ? nil : ByteBuffer(bytes: text)
    }
}
