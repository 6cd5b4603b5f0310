/// Heads as clients and S3 send them.
enum Sample {
    static let curl = head(
        "GET /photos/2026/11/raven-00042.jpg HTTP/1.1", "Host: photos.example.com", "User-Agent: curl/8.14.1",
        "Accept: */*", "Range: bytes=0-1048575")

    static let browser = head(
        "GET /photos/2026/11/raven-00042.jpg HTTP/1.1", "Host: photos.example.com", "Connection: keep-alive",
        "sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image", "Referer: https://www.example.com/gallery/ravens?page=2",
        "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        "If-None-Match: \"9b2cf535f27731c974343645a3985328\"")

    static let origin = head(
        "HTTP/1.1 200 OK",
        "x-amz-id-2: kX8ulEQ8nOtOtdQ0wWuoFLJVrXH5YbHEzZ9gOqGkqfWQkYdGxk0dQ9o1B7dPVbWQ0c0mX1u9fDs=",
        "x-amz-request-id: 7MBZQ4HT4CV2N1PF", "Date: Sat, 21 Nov 2026 08:48:42 GMT",
        "Last-Modified: Fri, 20 Nov 2026 17:03:11 GMT", "ETag: \"9b2cf535f27731c974343645a3985328\"",
        "x-amz-server-side-encryption: AES256", "x-amz-version-id: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
        "Cache-Control: public, max-age=86400", "Accept-Ranges: bytes", "Content-Type: image/jpeg",
        "Content-Length: 1048576", "Server: AmazonS3")

    /// What the proxy adds to an origin's fields, but for the door's own.
    static let ownFields: [(name: StaticString, value: StaticString)] = [
        ("Access-Control-Allow-Origin", "*"),
        (
            "Access-Control-Expose-Headers",
            "Accept-Ranges, Content-Length, Content-Range, ETag, Last-Modified, X-Request-ID"
        ),
    ]

    private static func head(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }
}
