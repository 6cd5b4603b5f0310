/// Finding out whether a 304 speaks of the response that is stored (RFC 9111 §4.3.4).
package enum Validators {
    /// Whether a 304 confirms the stored response; if not, the stored response must not be updated with it.
    ///
    /// An empty tag stands for none, a nil date for none or one that cannot be read. A strong tag in the 304 needs the
    /// same strong tag in store; a weak one the same, weak or not. Last-Modified decides where the 304 or the stored
    /// response has no tag, and a 304 without validators confirms only a response that has none either.
    package static func matches304(
        storedETag: Span<UInt8>, storedLastModified: Int64?, responseETag: Span<UInt8>, responseLastModified: Int64?
    ) -> Bool {
        if !responseETag.isEmpty {
            if !EntityTag.isWeak(responseETag) { return EntityTag.matches(storedETag, responseETag, .strong) }
            if !storedETag.isEmpty { return EntityTag.matches(storedETag, responseETag, .weak) }
        }
        if let responseLastModified { return responseLastModified == storedLastModified }
        return responseETag.isEmpty && storedETag.isEmpty && storedLastModified == nil
    }
}
