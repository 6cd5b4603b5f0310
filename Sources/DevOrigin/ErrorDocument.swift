import Exchange
import NIOCore
import S3

/// S3's error document: `<Error><Code>…</Code><Message>…</Message>…</Error>`.
enum ErrorDocument {
    /// - Parameter resource: the path as it was asked for.
    static func body(_ error: OriginError, resource: ByteBuffer, id: RequestID) -> ByteBuffer {
        var out = ByteBuffer()
        out.writeXMLDeclaration()
        out.writeStaticString("<Error>")
        out.writeElement("Code", error.code)
        out.writeElement("Message", error.message)
        switch error {
        case .signature(.wrongRegion(let expected)): out.writeElement("Region", expected)
        case .invalidRange(let length): out.writeElement("ActualObjectSize", "\(length)")
        default: break
        }
        out.writeElement("Resource", bytes: Array(resource.readableBytesView))
        out.writeElement("RequestId", id.description)
        out.writeStaticString("</Error>")
        return out
    }
}
