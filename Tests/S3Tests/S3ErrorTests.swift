import Exchange
import S3
import Testing

@Suite("S3's error documents")
struct S3ErrorTests {
    private func parse(_ text: String) throws(S3ErrorFailure) -> S3Error { try S3Error.parse(Array(text.utf8)) }

    @Test(
        "S3-5: code and message are read from every form that S3 servers send",
        arguments: [
            "<Error><Code>NoSuchKey</Code><Message>It's gone &amp; lost</Message></Error>",
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
              <Code>NoSuchKey</Code>
              <Message>It&apos;s gone &#38; lost</Message>
              <Key>a&lt;b</Key><RequestId/>
            </Error>

            """,
            """
            \u{FEFF}<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>NoSuchKey</Code><Message>It's gone
             &#x26; lost</Message><HostId a='>'/></Error><!-- end -->
            """,
            """
            <s3:Error xmlns:s3='x'><s3:Code> NoSuchKey </s3:Code>
            <s3:Message><![CDATA[It's gone & ]]>lost</s3:Message></s3:Error>
            """,
            """
            <ErrorResponse><Error><Code>NoSuchKey</Code>
            <Message>It's gone &amp; lost</Message></Error></ErrorResponse>
            """,
            """
            <Error><Inner><Code>Fake</Code></Inner><Code>NoSuch<!-- x -->Key</Code>
            <Message>It's gone &amp; lost</Message></Error>
            """,
        ])
    func forms(document: String) throws {
        #expect(try parse(document) == S3Error(code: "NoSuchKey", message: "It's gone & lost"))
    }

    @Test("S3-5: region and endpoint of a redirect are read")
    func redirect() throws {
        let error = try parse(
            """
            <Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region>
            <Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint></Error>
            """)
        #expect(error.region == "eu-west-1")
        #expect(error.endpoint == "b.s3.eu-west-1.amazonaws.com")
    }

    @Test(
        "S3-5: what is no S3 error document is refused",
        arguments: [
            ("", .xml(.malformed)), ("not xml", .xml(.malformed)), ("<html><body>502</body></html>", .notAnError),
            ("<Error></Error>", .notAnError), ("<Error><Code></Code></Error>", .notAnError),
            ("<Error><Code>a b</Code></Error>", .notAnError), ("<Error><Code>A</Code>", .xml(.malformed)),
            ("<Error><Code>A</Message></Error>", .xml(.malformed)),
            ("<Error><Code>A</Code></Error><x/>", .xml(.malformed)),
            ("<Error><Code>&unknown;</Code></Error>", .xml(.malformed)),
            ("<Error><Code>&#xD800;</Code></Error>", .xml(.malformed)),
            ("<Error><Code>&#0;</Code></Error>", .xml(.malformed)),
            ("<Error><Code>A\0</Code></Error>", .xml(.malformed)),
            ("<Error><Code>A</Code></Error>tail", .xml(.malformed)), ("<1><Code/></1>", .xml(.malformed)),
            ("{\"code\":\"NoSuchKey\"}", .xml(.malformed)), ("<Error", .xml(.malformed)), ("<!--", .xml(.malformed)),
            ("<!DOCTYPE Error [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>", .xml(.documentType)),
            (String(repeating: "<a>", count: 17), .xml(.tooLarge)),
        ] as [(String, S3ErrorFailure)])
    func refused(document: String, failure: S3ErrorFailure) {
        #expect(throws: failure) { try parse(document) }
    }

    @Test("S3-5: a message of any length is cut, a body beyond 64 KiB refused")
    func bounded() throws {
        #expect(throws: S3ErrorFailure.xml(.tooLarge)) { try parse(String(repeating: " ", count: 65_537)) }
        let error = try parse(
            "<Error><Code>A</Code><Message>\(String(repeating: "m", count: 30_000))</Message></Error>")
        #expect(error.message.utf8.count == 1_024)
    }

    @Test("S3-5: no bytes make the reader trap")
    func fuzz() {
        let pieces = [
            "<Error>", "</Error>", "<Code>", "</Code>", "NoSuchKey", "<", ">", "/", "&", "amp;", "#", "x26;", "<!--",
            "-->",
            "<![CDATA[", "]]>", "<?", "?>", "\"", "'", "=", " ", "<!", "a:", "\u{FEFF}", "<Code/>",
        ]
        var random = SeededGenerator(seed: 13)
        var read = 0
        for _ in 0..<10_000 {
            let body = random.bytes(of: pieces, upTo: 14)
            if (try? S3Error.parse(body)) != nil { read += 1 }
            if (try? S3Error.parse(Array("<Error><Code>".utf8) + body + Array("</Code></Error>".utf8))) != nil {
                read += 1
            }
        }
        #expect(read > 25)
    }
}

@Suite("What an origin's error means for the client")
struct OriginFaultTests {
    @Test(
        "S3-5: codes are mapped whatever the status says",
        arguments: [
            ("NoSuchKey", 404, .notFound), ("NoSuchBucket", 404, .notFound), ("NoSuchVersion", 404, .notFound),
            ("MethodNotAllowed", 405, .notFound), ("AccessDenied", 403, .forbidden),
            ("InvalidObjectState", 403, .forbidden),
            ("InvalidRequest", 400, .badRequest), ("InvalidArgument", 400, .badRequest),
            ("InvalidRange", 416, .rangeNotSatisfiable), ("PreconditionFailed", 412, .preconditionFailed),
            ("SignatureDoesNotMatch", 403, .originRefusedCredentials),
            ("InvalidAccessKeyId", 403, .originRefusedCredentials),
            ("ExpiredToken", 400, .originRefusedCredentials), ("InvalidToken", 400, .originRefusedCredentials),
            ("TokenRefreshRequired", 400, .originRefusedCredentials),
            ("AuthorizationHeaderMalformed", 400, .originRefusedCredentials),
            ("RequestTimeTooSkewed", 403, .originRefusedCredentials), ("SlowDown", 503, .originBusy),
            ("ServiceUnavailable", 503, .originBusy), ("Throttling", 400, .originBusy),
            ("InternalError", 500, .originError),
            ("PermanentRedirect", 301, .originError), ("TemporaryRedirect", 307, .originError),
            ("RequestTimeout", 400, .originTimeout), ("SomethingNew", 404, .notFound),
            ("SomethingNew", 403, .forbidden),
            ("SomethingNew", 500, .originError), ("SomethingNew", 409, .originError),
        ] as [(String, UInt16, FaultCode)])
    func codes(code: String, status: UInt16, expected: FaultCode) throws {
        let fault = try #require(S3Error.fault(status: status, body: .document(S3Error(code: code, message: "why"))))
        #expect(fault.code == expected)
        #expect(fault.detail == "\(status) \(code): why")
    }

    @Test(
        "S3-5: without a document the status decides",
        arguments: [
            (400, .badRequest), (401, .originRefusedCredentials), (403, .forbidden), (404, .notFound), (405, .notFound),
            (412, .preconditionFailed), (416, .rangeNotSatisfiable), (429, .originBusy), (500, .originError),
            (501, .originError), (502, .originError), (503, .originBusy), (504, .originError), (301, .originError),
            (307, .originError), (418, .originError), (101, .originInvalid), (999, .originInvalid), (0, .originInvalid),
        ] as [(UInt16, FaultCode)])
    func statuses(status: UInt16, expected: FaultCode) {
        #expect(S3Error.fault(status: status, body: .absent)?.code == expected)
    }

    @Test("S3-5: what is no error stays none", arguments: [200, 204, 206, 304] as [UInt16])
    func noError(status: UInt16) {
        #expect(S3Error.fault(status: status, body: .absent) == nil)
    }

    @Test("S3-5: a body that is not S3's makes 400, 401 and 403 a 502; a 404 stays a 404 and a 503 a 503")
    func unreadable() {
        let body = S3ErrorBody(Array("<html>go away</html>".utf8))
        #expect(body == .unreadable)
        for status: UInt16 in [400, 401, 403] {
            let fault = S3Error.fault(status: status, body: body)
            #expect(fault?.code == .originInvalid)
            #expect(fault?.code.status == 502)
        }
        #expect(S3Error.fault(status: 404, body: body)?.code == .notFound)
        #expect(S3Error.fault(status: 503, body: body)?.code == .originBusy)
        #expect(S3Error.fault(status: 500, body: body)?.code == .originError)
        #expect(S3ErrorBody([]) == .absent)
    }

    @Test("S3-5: a redirect's detail names the right region, from the document or from the field")
    func region() {
        let document = S3ErrorBody(
            Array("<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.example</Endpoint></Error>".utf8))
        let fault = S3Error.fault(status: 301, body: document, bucketRegion: "eu-west-1")
        #expect(fault?.detail.contains("the bucket's region is eu-west-1; its endpoint is b.s3.example") == true)
        #expect(
            S3Error.fault(status: 301, body: .absent, bucketRegion: "eu-west-1")?.detail.contains("eu-west-1") == true)
    }

    @Test("S3-5: a HEAD's 403 and 400 need a second look, no other status")
    func ambiguous() {
        let statuses = (100...599).filter { S3Error.isAmbiguousForHead(UInt16($0)) }
        #expect(statuses == [400, 403])
    }
}
