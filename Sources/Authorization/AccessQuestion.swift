import Exchange
import NIOCore

/// Who wants to read what, and how: all that a decision may depend on, beside the bucket.
package struct AccessQuestion {
    package let principal: Principal
    package let method: Method
    /// The decoded path: what is routed is what is decided.
    package let path: [UInt8]
    /// The key is what follows.
    package let keyStart: Int
    /// The client's address as text.
    package let client: ByteBuffer

    package init(principal: Principal, method: Method, path: [UInt8], keyStart: Int, client: ByteBuffer) {
        self.principal = principal
        self.method = method
        self.path = path
        self.keyStart = keyStart
        self.client = client
    }
}
