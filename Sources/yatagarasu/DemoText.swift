import DevOrigin
import S3

/// What `demo` prints: the configuration it uses and lines to try.
enum DemoText {
    /// The origin's bucket; its prefix at the proxy differs, to show that the two are independent.
    static let bucket = "demo"
    static let prefix = "/samples"

    static func configuration(port: UInt16, originPort: Int) -> String {
        """
        server:
          address: 127.0.0.1
          port: \(port)
          shutdown: {timeout: 2s}
        logging: {format: text}
        buckets:
          - name: samples
            path_prefix: \(prefix)
            s3:
              bucket: \(bucket)
              region: us-east-1
              endpoint: http://127.0.0.1:\(originPort)
              access_key: ${AWS_ACCESS_KEY_ID}
              secret_key: ${AWS_SECRET_ACCESS_KEY}
        """
    }

    /// - Parameter place: address and port of the proxy.
    static func introduction(
        place: String, folder: String, configuration: String, keys: Credentials, showsSecret: Bool,
        objects: [OriginServer.Sample]
    ) -> String {
        let secret = showsSecret ? keys.secretKey : "***"
        let hint = showsSecret ? "" : "   (--show-secret prints it)"
        let url = "http://\(place)"
        return """

            The proxy is at \(url) and serves \(folder) through a built-in S3 origin.
            Its configuration, as a file for --config would have it:

            \(indented(configuration))

            with random keys for this run:

                AWS_ACCESS_KEY_ID=\(keys.accessKey)
                AWS_SECRET_ACCESS_KEY=\(secret)\(hint)

            Bucket `\(bucket)` of the origin is at `\(prefix)` of the proxy; a prefix and a bucket's name need not be alike.
            \(contents(objects, url))
            Try:

            \(indented(lines(objects, url).joined(separator: "\n")))

            Below, one line for each request. Ctrl-C ends it.

            """
    }

    /// The objects that are there.
    private static func contents(_ objects: [OriginServer.Sample], _ url: String) -> String {
        guard !objects.isEmpty else { return "There is no object yet.\n" }
        let shown = objects.prefix(10).map { "\(url)\(prefix)/\($0.path)   \($0.length) bytes" }
        let rest = objects.count > 10 ? ["…"] : []
        return "Objects, for a browser or curl:\n\n" + indented((shown + rest).joined(separator: "\n")) + "\n"
    }

    private static func lines(_ objects: [OriginServer.Sample], _ url: String) -> [String] {
        var lines: [String] = []
        func add(_ command: String, _ remark: String) {
            lines.append(command + String(repeating: " ", count: max(2, 72 - command.count)) + "# " + remark)
        }
        if let first = objects.first(where: { $0.length > 0 && $0.length <= 4_096 }) ?? objects.first {
            let object = "\(url)\(prefix)/\(first.path)"
            add("curl \(object)", "the object")
            add("curl -I \(object)", "its head")
            add("curl -i -H 'If-None-Match: \(first.tag)' \(object)", "304: not changed")
        }
        if let largest = objects.max(by: { $0.length < $1.length }), largest.length > 1 {
            let start = largest.length / 2
            let end = min(start + 19, largest.length - 1)
            add("curl -i -r \(start)-\(end) \(url)\(prefix)/\(largest.path)", "206: a piece from the middle")
        }
        add("curl -i \(url)\(prefix)/no/such/key", "404: errors are JSON")
        add("curl -i \(url)\(prefix)/", "404: buckets are never listed")
        add("curl -i -X DELETE \(url)\(prefix)/no/such/key", "405: it only reads")
        add("curl \(url)/health", "the process lives")
        add("curl \(url)/ready", "every origin answers")
        add("curl \(url)/metrics", "for Prometheus")
        return lines
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n")
    }
}
