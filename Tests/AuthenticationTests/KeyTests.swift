import ConfigSchema
import CryptoExtras
import Settings
import Testing

@testable import Authentication

@Suite struct KeyTests {
    @Test(
        "JWT-3: what is no public key for the algorithm is told apart",
        arguments: [
            ("RS256", "", KeyFailure.empty), ("RS256", "hello", .notPEM),
            ("RS256", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", .isPrivate),
            ("RS256", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", .isEncrypted),
            ("RS256", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", .isEncrypted),
            ("RS256", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", .isCertificate),
            ("RS256", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", .wrongType(algorithm: "RS256")),
            ("ES256", "-----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----", .wrongType(algorithm: "ES256")),
            ("EdDSA", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", .wrongType(algorithm: "EdDSA")),
            ("HS256", "", .empty), ("HS256", "-----BEGIN PUBLIC KEY-----\nAAAA\n", .isNoSecret),
        ])
    func refused(name: String, text: String, failure: KeyFailure) throws {
        let algorithm = try #require(JWTSettings.Algorithm(rawValue: name))
        #expect(throws: failure) {
            if algorithm.isSymmetric {
                _ = try VerificationKey(secret: Array(text.utf8), for: algorithm)
            } else {
                _ = try VerificationKey(pem: text, for: algorithm)
            }
        }
    }

    @Test("JWT-3: a key of another type or curve is refused", arguments: ["RS256", "ES256", "ES384", "EdDSA"])
    func wrongTypes(name: String) throws {
        let algorithm = try #require(JWTSettings.Algorithm(rawValue: name))
        for other in ["RS256", "ES256", "ES384", "EdDSA"] where other != name {
            #expect(throws: KeyFailure.wrongType(algorithm: name)) {
                try VerificationKey(pem: Mint.pem(other), for: algorithm)
            }
        }
        #expect(try VerificationKey(pem: Mint.pem(name), for: algorithm).algorithm == algorithm)
    }

    @Test("JWT-3: RSA keys below 2048 bits are refused")
    func small() throws {
        let pem = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1_024)).publicKey.pemRepresentation
        #expect(throws: KeyFailure.tooSmall(bits: 1_024)) { try VerificationKey(pem: pem, for: .rs256) }
    }

    @Test("JWT-1: a bucket whose key cannot be used is named with the place and the file of it")
    func named() throws {
        var configuration = Configuration()
        configuration.jwt.isEnabled = true
        configuration.jwt.algorithm = .rs256
        configuration.jwt.rsaPublicKeyPath = "/keys/jwt.pem"
        var bucket = BucketSettings()
        bucket.name = "private"
        bucket.auth.isEnabled = true
        configuration.buckets = [bucket]
        let files = FileAccess { _, _ throws(FileAccess.Failure) in Array("-----BEGIN PRIVATE KEY-----".utf8) }
        do {
            _ = try AuthenticationPlan(configuration, KeyLoader(files: files, environment: [:]))
            Issue.record("accepted")
        } catch {
            #expect(
                error.explanation == "bucket private: jwt.rsa_public_key_path (/keys/jwt.pem) holds a private key; "
                    + "give the public one (`openssl pkey -pubout`)")
        }
    }

    @Test("JWT-3: the secret's file may end with a line break")
    func secretFile() throws {
        var settings = JWTSettings()
        var key = JWTKeySettings()
        (key.id, key.path) = ("k", "/secret")
        settings.keys = [key]
        let files = FileAccess { _, _ throws(FileAccess.Failure) in Array((Mint.secret + "\r\n").utf8) }
        let keys = try KeyLoader(files: files, environment: [:]).load(settings)
        let token = Array(Mint.hs256("{}").utf8)
        let parts = try CompactToken(token.span)
        let signature = Base64URL.decode(token.span.extracting(parts.signature)) ?? []
        let isValid = keys.entries[0].key.isValid(signature, for: token.span.extracting(parts.signed))
        #expect(isValid)
    }

    @Test("JWT-8: secrets that are shorter than their hash are found (RFC 7518 §3.2)")
    func weak() {
        var configuration = Configuration()
        configuration.jwt.isEnabled = true
        configuration.jwt.secret = Secret("0123456789abcdef0123456789abcde")
        #expect(AuthenticationPlan.weakSecrets(of: configuration) == ["jwt"])
        configuration.jwt.secret = Secret("0123456789abcdef0123456789abcdef")
        #expect(AuthenticationPlan.weakSecrets(of: configuration) == [])
    }
}
