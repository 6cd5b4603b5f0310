import ConfigSchema
import Settings
import Testing

/// Secrets in many places, each beside something that is wrong.
@Suite struct MaskingTests {
    private static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    private static let documents = [
        // Known keys, bad neighbours.
        "buckets: [{s3: {access_key: AKIA, secret_ky: \(secret)}}]",
        "buckets: [{s3: {secret_key: \(secret), bukcet: b}}]",
        "buckets:\n  - s3:\n      secret_key: [\(secret)]",
        "buckets:\n  - s3:\n      secret_key: {\(secret): \(secret)}",
        "buckets:\n  - s3:\n      secret_key: !!binary \(secret)",
        "buckets:\n  - s3:\n      secret_key: &\("anchor") \(secret)\n      region: *anchor\n      bucket: *anchor",
        "buckets:\n  - s3:\n      secret_key: ${NOWHERE}\(secret)",
        "buckets:\n  - s3:\n      secret_key: ${NOWHERE:-\(secret)}${ALSO}",
        "buckets:\n  - s3:\n      secret_key: \"${\(secret)\"",
        "buckets:\n  - s3:\n      secret_key: \"\(secret)\\n\"",
        "buckets:\n  - s3:\n      secret_key: |\n        \(secret)\n        more",
        "buckets:\n  - s3:\n      secret_key: >-\n\n        \(secret)\n\n        more",
        "buckets:\n  - s3:\n      secret_key:\n        first\n        \(secret)\n      \"secret_key\": \(secret)",
        "buckets:\n  - s3:\n      'secret_ky' : '\(secret)'",
        "buckets:\n  - s3: {\"secret_key\":\"\(secret)\",\"bukcet\":\"b\"}",
        "buckets:\n  - s3:\n      ? secret_key\n      : \(secret)\n      ? \(secret)\n      : x",
        "cache: {redis: {redis_password: \(secret), redis_ulr: redis://a:\(secret)@host}}",
        "cache:\n  redis:\n    redis_url: http://a:\(secret)@host\n    redis_password: [\(secret)]",
        "cache:\n  redis: {redis_url: \"redis://:\(secret)@host/1\", redis_db: 2}",
        "cache:\n  redis: {redis_url: \"redis://hunter2:\(secret)@host/x\", redis_db: x}",
        "cache:\n  redis: {redis_url: \"redis://:hunter2@host\", redis_password: \(secret)}",
        "cache: {cache_layers: [\(secret)], disk: {cache_dir: \(secret)}}",
        "cache: {redis: {redis_key_prefix: \"hunter2 \(secret)\", sentinel: {nodes: [\"a@\(secret)\"]}}}",
        // A secret where something else belongs.
        "\(secret): x",
        "\(secret)",
        "- \(secret)",
        "buckets:\n  - s3:\n      \(secret):",
        "buckets:\n  - s3:\n      \"\(secret)\": {a: b}",
        "buckets:\n  - s3: \(secret)",
        "buckets: [\(secret)]",
        "buckets:\n  - s3:\n      access_key \(secret)",
        "buckets:\n  - s3:\n      region: us-east-1\n        secret_key \(secret)",
        "server: {port: \(secret), threads: \(secret), address: \(secret)}",
        "logging: {level: \(secret)}",
        "buckets:\n  - s3:\n      endpoint: https://user:\(secret)@host/",
        "buckets:\n  - s3:\n      endpoint: https://user:hunter2-\(secret)@host/",
        "buckets:\n  - s3:\n      endpoint: https://host/?key=\(secret)",
        "buckets:\n  - name: a b \(secret)\n    nme: x",
        "buckets: [{cors: {allow_origins: [\(secret), \(secret)]}}]",
        "server: {prot: 1} # \(secret)",
        "server: {port: x} # \(secret)",
        "server: &\("a") {prot: 1, threads: *a} #\(secret)",
        "\(secret): &a\n  b: c\nserver: *a",
        // Twice the same key.
        "\(secret): 1\n\(secret): 2",
        "buckets: [{s3: {secret_key: a, secret_key: \(secret)}}]",
        // Not YAML at all.
        "buckets: [{s3: {secret_key: \(secret), access_key: \(secret)",
        "secret_key: \"\(secret)\n",
        "secret_key: '\(secret)\nregion: x\n",
        "secret_key: \(secret): x",
        "secret_key: \(secret)\n  access_key: \(secret)",
        "secret_key: @\(secret)",
        "secret_key: %\(secret)",
        "secret_key: `\(secret)`",
        "secret_key: *\(secret)",
        "secret_key: &\(secret)",
        "secret_key: !<\(secret)",
        "secret_key: |9x\(secret)",
        "secret_key: \"\\q\(secret)\"",
        "\tsecret_key: \(secret)",
        "secret_key:\n\t\(secret)",
        "secret_key: {\(secret)]",
        "secret_key: \(secret)\u{1}",
        "%\(secret)\n---\na: b",
        "%TAG ! \(secret)\n%TAG ! \(secret)\n---\na: b",
        "{secret_key: \(secret)}}",
        "{secret_key: \(secret)}\n...\n%X",
        "a: b\n---\nsecret_key: \(secret)",
        "secret_key: \(secret)\n--- \(secret)",
    ]

    @Test("CFG-4: no excerpt and no message holds a secret, wherever it stands", arguments: documents)
    func masked(_ document: String) {
        let text = report(on: document)
        #expect(!text.isEmpty)
        #expect(!text.contains(Self.secret))
        #expect(!text.contains("K7MDENG"), "a part of the secret is shown")
        #expect(!text.contains("hunter2"))
    }

    @Test(
        "CFG-4: short secrets without any pattern are masked where a secret, or nothing known, belongs",
        arguments: [
            "buckets: [{s3: {access_key: minio, secret_ky: minio}}]",
            "buckets:\n  - s3:\n      secret_key: [minio]",
            "buckets:\n  - s3:\n      minio:",
            "minio: minio\nminio: minio",
            "buckets:\n  - s3: minio",
            "server: {prot: 1, address: minio}",
            "secret_key: minio: x",
            "buckets:\n  - s3:\n      secret_key: &a minio\n      region: *a\n      bucket: *a",
            "buckets:\n  - s3:\n      region: &a minio\n      secret_key: *a\n      region: *a",
            "server:\n  port: x\n  address: mi nio minio",
        ])
    func shortSecrets(_ document: String) {
        let text = report(on: document)
        #expect(!text.isEmpty)
        #expect(!text.contains("minio"))
    }

    @Test("CFG-4: a one-line flow mapping shows its keys and no value")
    func flowMapping() {
        let text = report(
            on: "buckets: [{name: a, path_prefix: /a, s3: {access_key: AKIA, secret_ky: abc, bucket: products}}]")
        #expect(
            text == """
                config.yaml:1:61: error: unknown key `secret_ky` in buckets[0].s3
                  1 | buckets: [{name: ***, path_prefix: ***, s3: {access_key: ***, secret_ky: ***, bucket: ***}}]
                    |                                                               ^~~~~~~~~ did you mean `secret_key`?
                """)
    }

    @Test("CFG-4: malformed YAML shows no more than a known key")
    func malformed() {
        #expect(
            report(on: "buckets:\n  - s3: {access_key: AKIA, secret_key: abc: def}") == """
                config.yaml:2:43: error: not valid YAML: did not find expected ',' or '}'
                  2 |   - s3: ***
                    |         ^~~
                """)
    }

    @Test("CFG-3: a reference that YAML takes for a mapping is explained")
    func unquotedReference() {
        #expect(
            report(on: "buckets:\n  - s3: {access_key: ${KEY}, secret_key: abc}") == """
                config.yaml:2:23: error: not valid YAML: did not find expected ',' or '}'
                  2 |   - s3: ***
                    |         ^~~ in `{…}` and `[…]`, put `${NAME}` in quotes
                """)
    }

    @Test("CFG-4: a value that the environment gave is in no message")
    func environment() {
        for path in [
            "server.port", "server.threads", "logging.level", "buckets[0].s3.endpoint", "server.address",
            "buckets[0].path_prefix", "buckets[0].s3.timeout", "buckets[0].s3.region", "buckets[0].s3.bucket",
        ] {
            let text = report(on: Sample(path, "\"${X}\"").yaml, environment: ["X": "%hunter2 "])
            #expect(text.contains("`\(path)`"))
            #expect(text.contains("${X}"))
            #expect(!text.contains("hunter2"))
        }
    }

    @Test("A secret prints as three stars, however it is printed")
    func secretPrints() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }
}
