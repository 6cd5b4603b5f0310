import Exchange

/// A token in its compact form, taken apart (RFC 7515 §3.1): where its parts stand in the text.
struct CompactToken {
    /// Head and claims with the dot between them: what is signed.
    let signed: Range<Int>
    let head: Range<Int>
    let claims: Range<Int>
    let signature: Range<Int>

    init(_ text: Span<UInt8>) throws(TokenFailure) {
        var dots: InlineArray<2, Int> = .init(repeating: 0)
        var count = 0
        for index in text.indices where text[index] == UInt8(ascii: ".") {
            guard count < 2 else { throw .notThreeParts }
            dots[count] = index
            count += 1
        }
        guard count == 2, dots[0] > 0, dots[1] > dots[0] + 1 else { throw .notThreeParts }
        head = 0..<dots[0]
        claims = (dots[0] + 1)..<dots[1]
        signed = 0..<dots[1]
        signature = (dots[1] + 1)..<text.count
    }
}

/// What the head of a token says (RFC 7515 §4.1). `jku`, `jwk`, `x5u`, `x5c` and all else that would let a token bring
/// its own key is not even looked at (RFC 8725 §3.10).
struct TokenHead: Equatable {
    let algorithm: Algorithm
    let keyID: [UInt8]?

    init(_ text: Span<UInt8>) throws(TokenFailure) {
        guard let bytes = Base64URL.decode(text) else { throw .badEncoding }
        let document: JSONDocument
        do throws(JSONFailure) {
            document = try JSONDocument(bytes, limits: .tokenHead)
        } catch {
            throw .badHead(error)
        }
        guard document.root.kind == .object else { throw .badHead(nil) }
        // With `b64` another payload would stand behind the same signature (RFC 7797 §7).
        guard document.root["crit"] == nil, document.root["b64"] == nil else { throw .criticalExtension }
        guard let name = document.root["alg"]?.string else { throw .noAlgorithm }
        guard let algorithm = Algorithm(name) else { throw .algorithmNotAllowed }
        self.algorithm = algorithm
        guard let id = document.root["kid"] else {
            keyID = nil
            return
        }
        guard let id = id.string else { throw .badHead(nil) }
        keyID = id
    }
}
