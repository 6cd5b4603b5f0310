import Testing

extension Journeys {
    /// What an origin's errors become (S3-5).
    @Suite struct OriginErrors {
        struct Row: Sendable {
            var step: ScriptedOrigin.Step
            var status: Int
            var code: String
            var s3Code: String?

            init(_ said: Int, _ s3Code: String, _ status: Int, _ code: String, _ lines: String = "") {
                step = Say.error(said, s3Code, lines)
                self.status = status
                self.code = code
                self.s3Code = s3Code
            }

            init(_ step: ScriptedOrigin.Step, _ status: Int, _ code: String) {
                self.step = step
                self.status = status
                self.code = code
            }
        }

        private static func html(_ status: Int) -> ScriptedOrigin.Step {
            .send("HTTP/1.1 \(status) X\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<html></html")
        }

        static let rows: [Row] = [
            Row(404, "NoSuchKey", 404, "NOT_FOUND"), Row(404, "NoSuchBucket", 404, "NOT_FOUND"),
            Row(404, "NoSuchVersion", 404, "NOT_FOUND"), Row(405, "MethodNotAllowed", 404, "NOT_FOUND"),
            Row(403, "AccessDenied", 403, "ACCESS_DENIED"), Row(403, "InvalidObjectState", 403, "ACCESS_DENIED"),
            Row(400, "InvalidRequest", 400, "BAD_REQUEST"), Row(400, "KeyTooLongError", 400, "BAD_REQUEST"),
            Row(403, "SignatureDoesNotMatch", 502, "ORIGIN_CREDENTIALS"),
            Row(403, "InvalidAccessKeyId", 502, "ORIGIN_CREDENTIALS"),
            Row(403, "RequestTimeTooSkewed", 502, "ORIGIN_CREDENTIALS"),
            Row(400, "ExpiredToken", 502, "ORIGIN_CREDENTIALS"),
            Row(400, "AuthorizationHeaderMalformed", 502, "ORIGIN_CREDENTIALS"),
            Row(416, "InvalidRange", 416, "RANGE_NOT_SATISFIABLE", "Content-Range: bytes */9\r\n"),
            Row(500, "InternalError", 502, "S3_ERROR"), Row(501, "NotImplemented", 502, "S3_ERROR"),
            Row(503, "SlowDown", 503, "ORIGIN_BUSY"), Row(503, "ServiceUnavailable", 503, "ORIGIN_BUSY"),
            Row(409, "OperationAborted", 503, "ORIGIN_BUSY"), Row(400, "RequestTimeout", 504, "TIMEOUT"),
            Row(301, "PermanentRedirect", 502, "S3_ERROR", "x-amz-bucket-region: eu-west-9\r\n"),
            Row(307, "TemporaryRedirect", 502, "S3_ERROR"),
            Row(Say.bare(404), 404, "NOT_FOUND"), Row(Say.bare(403), 403, "ACCESS_DENIED"),
            Row(Say.bare(500), 502, "S3_ERROR"), Row(Say.bare(502), 502, "S3_ERROR"),
            Row(Say.bare(503), 503, "ORIGIN_BUSY"), Row(Say.bare(429), 503, "ORIGIN_BUSY"),
            Row(Say.bare(302, "Location: http://x/\r\nContent-Length: 0\r\n"), 502, "S3_ERROR"),
            Row(html(403), 502, "ORIGIN_INVALID_RESPONSE"), Row(html(404), 404, "NOT_FOUND"),
            Row(html(500), 502, "S3_ERROR"),
        ]

        @Test("S3-5: what an origin's error becomes for the client", arguments: rows)
        func table(row: Row) async throws {
            try await Stage.run({ _ in [row.step] }) { stage, origin in
                let reply = try await stage.ask("/files/a")
                #expect(reply.status == row.status && reply["content-type"] == "application/json")
                #expect(reply.text.contains("\"code\":\"\(row.code)\""))
                if let code = row.s3Code { #expect(reply.text.contains("\"s3_code\":\"\(code)\"")) }
                for internals in ["10.1.2.3", "store", "<", "127.0.0.1"] { #expect(!reply.text.contains(internals)) }
                #expect(reply["retry-after"] == (row.status == 503 ? "5" : nil))
                let log = try await stage.logText()
                #expect(log.contains("\"error_code\":\"\(row.code)\""))
                if row.s3Code != nil { #expect(log.contains("10.1.2.3"), "S3's message is for the log") }
                if row.status == 416 { #expect(reply["content-range"] == "bytes */9") }
                #expect(origin.requests.count == 1, "none of these is worth a second request")
            }
        }

        @Test("S3-5: a body of errors that is too long, cut, or not XML still has its status")
        func oddBodies() async throws {
            let steps: [[ScriptedOrigin.Step]] = [
                [.send("HTTP/1.1 500 X\r\nContent-Length: 3000000\r\n\r\n"), .flood(3_000_000)],
                [.send("HTTP/1.1 500 X\r\nContent-Length: 300\r\n\r\n<Error>"), .close],
                [.send("HTTP/1.1 500 X\r\nContent-Length: 7\r\n\r\n<Error>")],
                [.send("HTTP/1.1 500 X\r\n\r\n<Error><Code>InternalError</Code></Error>"), .close],
            ]
            for steps in steps {
                try await Stage.run({ _ in steps }) { stage, _ in
                    let reply = try await stage.ask("/files/a")
                    #expect(reply.status == 502 && reply.text.contains("\"code\":\"S3_ERROR\""))
                }
            }
        }

        static let heads: [(get: ScriptedOrigin.Step, status: Int)] = [
            (Say.error(403, "AccessDenied"), 403), (Say.error(403, "SignatureDoesNotMatch"), 502),
            (Say.error(403, "InvalidAccessKeyId"), 502), (Say.error(404, "NoSuchKey"), 404),
            (.send("HTTP/1.1 206 P\r\nContent-Range: bytes 0-0/5\r\nContent-Length: 1\r\n\r\nh"), 403),
            (.close, 403),
        ]

        @Test("S3-5: a HEAD that is refused is told apart by one ranged GET", arguments: heads.indices)
        func headRefused(index: Int) async throws {
            let row = Self.heads[index]
            try await Stage.run({ [$0.method == "HEAD" ? Say.bare(403, "") : row.get] }) { stage, origin in
                let reply = try await stage.ask("/files/a", method: "HEAD")
                #expect(reply.status == row.status && reply.body.isEmpty)
                #expect(origin.requests.prefix(2).map(\.method) == ["HEAD", "GET"])
                #expect(origin.requests.last?["range"] == "bytes=0-0")
            }
        }

        @Test("S3-5: refused credentials are remembered for a while; a HEAD that is 404 needs no second look")
        func remembered() async throws {
            let script: ScriptedOrigin.Script = { seen in
                if seen.target.hasSuffix("none") { return [Say.bare(404, "")] }
                return [seen.method == "HEAD" ? Say.bare(403, "") : Say.error(403, "SignatureDoesNotMatch")]
            }
            try await Stage.run(script) { stage, origin in
                for _ in 0..<3 {
                    let refused = try await stage.ask("/files/a", method: "HEAD")
                    #expect(refused.status == 502)
                }
                #expect(origin.requests.map(\.method) == ["HEAD", "GET", "HEAD", "HEAD"])
                let missing = try await stage.ask("/files/none", method: "HEAD")
                #expect(missing.status == 404)
                #expect(origin.requests.count == 5)
            }
        }
    }
}
