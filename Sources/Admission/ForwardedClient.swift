import Exchange
import HTTPSemantics
import NIOCore

/// Who asks, when a trusted hop asks for somebody else (HTTP-8).
///
/// Each hop appends whom it was asked by: `Forwarded: for=…` (RFC 7239), or `X-Forwarded-For: …`. So the list is read
/// from its end, several lines as one, for as long as the hop that wrote an element is trusted; the first address that
/// is not trusted is the client. What stands before it may be anybody's invention and is not looked at. An element that
/// names no address (`unknown`, `_hidden`, malformed) ends the walk: then the client is the last trusted hop.
///
/// Of both fields `Forwarded` is the standard and `X-Forwarded-For` counts where it is absent. Where both stand they
/// must name the same client: most proxies write one of them and pass the other one on as a stranger sent it.
package struct ForwardedClient {
    private let trusted: AddressSet

    package init(trusted: AddressSet) { self.trusted = trusted }

    /// The client behind a trusted peer; nil when the peer names nobody.
    package func address(in fields: FieldBlock) throws(AdmissionFailure) -> NumericAddress? {
        guard fields.contains(.forwarded) else { return walk(fields, .xForwardedFor) }
        let client = walk(fields, .forwarded)
        guard !fields.contains(.xForwardedFor) || walk(fields, .xForwardedFor) == client else { throw .hopsDisagree }
        return client
    }

    private func walk(_ fields: FieldBlock, _ name: FieldName) -> NumericAddress? {
        let bytes = fields.bytes.readableBytesUInt8Span
        var client: NumericAddress?
        for entry in fields.entries.reversed() where entry.name == name {
            let line = bytes.extracting(entry.value)
            var end = line.count
            while end >= 0 {
                let start: Int
                let found: NumericAddress?
                if name == .forwarded {
                    guard let begin = ForwardedElement.start(in: line, before: end) else { return client }
                    start = begin
                    found = ForwardedElement.address(line.extracting(start..<end))
                } else {
                    start = Self.afterComma(in: line, before: end)
                    found = NodeName.address(line.extracting(line.trimmed(start..<end)))
                }
                guard let found else { return client }
                client = found
                guard trusted.contains(found) else { return client }
                end = start - 1
            }
        }
        return client
    }

    private static func afterComma(in line: Span<UInt8>, before end: Int) -> Int {
        var start = end
        while start > 0, line[start - 1] != UInt8(ascii: ",") { start -= 1 }
        return start
    }
}
