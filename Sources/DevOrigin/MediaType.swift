/// The media type of a file that came with none, by the ending of its name.
enum MediaType {
    /// S3's own default is `binary/octet-stream`.
    static func of(_ name: [UInt8]) -> StaticString {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "binary/octet-stream" }
        return switch String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased() {
        case "txt", "log": "text/plain; charset=utf-8"
        case "md": "text/markdown; charset=utf-8"
        case "html", "htm": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "csv": "text/csv; charset=utf-8"
        case "json": "application/json"
        case "xml": "application/xml"
        case "yaml", "yml": "application/yaml"
        case "pdf": "application/pdf"
        case "wasm": "application/wasm"
        case "zip": "application/zip"
        case "gz": "application/gzip"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "svg": "image/svg+xml"
        case "ico": "image/x-icon"
        case "mp3": "audio/mpeg"
        case "mp4": "video/mp4"
        case "woff2": "font/woff2"
        default: "binary/octet-stream"
        }
    }
}
