import ConfigSchema
import Settings
import Testing

@Suite struct LoadingTests {
    private func failure(_ source: ConfigurationSource) -> ConfigurationFailure? {
        do throws(ConfigurationFailure) {
            _ = try Configuration.load(source, environment: [:])
            return nil
        } catch {
            return error
        }
    }

    @Test("CFG-1: a file that is missing, a directory, empty, not UTF-8 or too large is told apart")
    func files() throws {
        let folder = try temporaryFolder()
        defer { _ = try? shell("rm -r \(folder)") }
        func file(_ name: String, _ bytes: [UInt8]) throws -> ConfigurationSource {
            try write(bytes, to: "\(folder)/\(name)")
            return .file(path: "\(folder)/\(name)")
        }
        let missing = failure(.file(path: "\(folder)/none.yaml"))
        #expect(missing?.description == "Error: Configuration file not found: \(folder)/none.yaml")
        #expect(failure(.file(path: "\(folder)/none.yaml/x")) == .missing(path: "\(folder)/none.yaml/x"))
        #expect(failure(.file(path: folder))?.description == "Error: Configuration file is a directory: \(folder)")
        for (index, text) in ["", " \n", "# nothing\n", "---\n", "~", "\u{FEFF}"].enumerated() {
            let source = try file("empty\(index)", Array(text.utf8))
            #expect(failure(source) == .empty(name: source.name))
        }
        let latin = try file("latin", [0x61, 0x3A, 0x20, 0xE9])
        #expect(failure(latin)?.description == "Error: Configuration file is not UTF-8: \(latin.name)")
        let utf16 = try file("utf16", [0xFF, 0xFE, 0x61, 0])
        #expect(failure(utf16) == .notUTF8(name: utf16.name))
        let large = try file("large", [UInt8](repeating: 0x23, count: Configuration.sizeLimit + 1))
        #expect(failure(large) == .tooLarge(name: large.name, limit: Configuration.sizeLimit))
        let valid = try file("valid", Array(Sample().yaml.utf8))
        #expect(failure(valid) == nil)
        let malformed = try file("malformed", Array("a: [".utf8))
        #expect(failure(malformed)?.description.hasPrefix("\(malformed.name):1:1: error: not valid YAML: ") == true)
    }

    @Test("CFG-1: a file that may not be read says why")
    func unreadable() {
        let denied = FileAccess { _, _ throws(FileAccess.Failure) in throw .unreadable(13) }
        do throws(ConfigurationFailure) {
            _ = try Configuration.load(.file(path: "/etc/x.yaml"), environment: [:], files: denied)
        } catch {
            #expect(error.description == "Error: Configuration file cannot be read: /etc/x.yaml: permission denied")
        }
        #expect(failure(.file(path: "/proc/self/mem")).map { "\($0)" }?.contains("cannot be read") == true)
    }

    @Test("CFG-1: a pipe is a file too")
    func pipe() throws {
        let folder = try temporaryFolder()
        defer { _ = try? shell("rm -r \(folder)") }
        try write(Array(Sample().yaml.utf8), to: "\(folder)/text")
        _ = try shell("mkfifo \(folder)/pipe && (cat \(folder)/text > \(folder)/pipe) > /dev/null 2>&1 &")
        #expect(failure(.file(path: "\(folder)/pipe")) == nil)
    }

    @Test("CFG-1: the named file, else config.yaml, else the bundled default")
    func choice() {
        let none = FileAccess { _, _ throws(FileAccess.Failure) in throw .missing }
        let some = FileAccess { _, _ throws(FileAccess.Failure) in throw .tooLarge }
        let directory = FileAccess { _, _ throws(FileAccess.Failure) in throw .isDirectory }
        #expect(ConfigurationSource.choose(named: "x.yaml", files: none) == .file(path: "x.yaml"))
        #expect(ConfigurationSource.choose(named: nil, files: none) == .bundled)
        #expect(ConfigurationSource.choose(named: nil, files: some) == .file(path: "config.yaml"))
        #expect(ConfigurationSource.choose(named: nil, files: directory) == .file(path: "config.yaml"))
    }

    @Test("CFG-5: an authority's file has to be there and hold a certificate")
    func authority() throws {
        let folder = try temporaryFolder()
        defer { _ = try? shell("rm -r \(folder)") }
        try write(Array("-----BEGIN CERTIFICATE-----\n".utf8), to: "\(folder)/ca.pem")
        try write(Array("no certificate".utf8), to: "\(folder)/text")
        func message(_ path: String) -> [String] {
            complaints(about: Sample("buckets[0].s3.tls.ca_path", path).yaml).map(\.message)
        }
        #expect(message("\(folder)/ca.pem") == [])
        #expect(message("\(folder)/none.pem") == ["`buckets[0].s3.tls.ca_path` names a file that is not there"])
        #expect(message(folder) == ["`buckets[0].s3.tls.ca_path` names a directory"])
        #expect(message("\(folder)/text") == ["`buckets[0].s3.tls.ca_path` names a file without a PEM certificate"])
    }
}
