import DevOrigin
import Glibc
import S3
import Testing

/// The real program: `yatagarasu demo` and `yatagarasu origin`.
@Suite("demo and origin, as they are run", .serialized)
struct DemoTests {
    /// A line of the demo's: `curl … # remark`.
    struct Line {
        var method = "GET"
        var target = ""
        var fields: [String] = []
        /// The status that the remark names.
        var status = 200

        init(_ text: Substring) throws {
            let halves = text.split(separator: "  # ", maxSplits: 1)
            var words = Self.words(halves[0])[...]
            guard words.popFirst() == "curl", halves.count == 2 else { throw Setback(description: String(text)) }
            if let named = Int(halves[1].prefix(3)) { status = named }
            while let word = words.popFirst() {
                switch word {
                case "-i": break
                case "-I": method = "HEAD"
                case "-X": method = words.popFirst() ?? ""
                case "-H": fields.append(words.popFirst() ?? "")
                case "-r": fields.append("Range: bytes=" + (words.popFirst() ?? ""))
                default:
                    guard word.hasPrefix("http://127.0.0.1:") else { throw Setback(description: word) }
                    target = String(word.dropFirst(7).drop { $0 != "/" })
                }
            }
        }

        /// Words as a shell splits them, single quotes taken off.
        private static func words(_ text: Substring) -> [String] {
            var words: [String] = [""]
            var isQuoted = false
            for character in text {
                switch character {
                case "'": isQuoted.toggle()
                case " " where !isQuoted: words.append("")
                default: words[words.count - 1].append(character)
                }
            }
            return words.filter { !$0.isEmpty }
        }
    }

    private func freePort() throws -> Int {
        let lines = try Program.lines(
            of: "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1])'")
        guard let port = lines.first.flatMap({ Int($0) }) else { throw Setback(description: "no port") }
        return port
    }

    /// Waits until the program has printed `mark`.
    private func output(of program: Program, in folder: TemporaryFolder, until mark: String) throws -> String {
        for _ in 0..<2_000 {
            if let text = folder.read("log"), text.contains(mark) { return text }
            usleep(10_000)
        }
        program.signal(SIGKILL)
        throw Setback(description: "\(mark) was not printed: \(folder.read("log") ?? "")")
    }

    private func start(_ arguments: [String], in folder: TemporaryFolder) throws -> Program {
        try folder.makeFolder("tmp")
        return try Program(
            [try Program.yatagarasu] + arguments, log: folder.path + "/log",
            environment: ["TMPDIR": folder.path + "/tmp", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
    }

    private func inside(_ folder: TemporaryFolder) throws -> [String] {
        try Program.lines(of: "find '\(folder.path)/tmp' -mindepth 1")
    }

    @Test("SHIP-2: every line that the demo prints does what it says; Ctrl-C ends it with 0 and leaves nothing")
    func demo() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        let program = try start(["demo", "--port", "\(port)"], in: folder)
        let text = try output(of: program, in: folder, until: "Ctrl-C ends it")
        let lines = try text.split(separator: "\n").filter { $0.hasPrefix("    curl ") }.map { try Line($0) }
        #expect(lines.count == 10)
        #expect(Set(lines.map(\.status)) == [200, 206, 304, 404, 405])
        for line in lines {
            let answer = try WireClient.ask(line.method, line.target, port: port, fields: line.fields)
            #expect(answer.status == line.status, "\(line)\n\(answer.head)")
            if line.status >= 400 { #expect(answer.text.hasPrefix("{")) }
        }
        #expect(text.contains("AWS_SECRET_ACCESS_KEY=***"))
        try objects(in: text, port: port, folder: folder)
        program.signal(SIGINT)
        #expect(program.wait(seconds: 20) == 0)
        #expect(try inside(folder).isEmpty)
    }

    /// Every object that is printed comes through the proxy as it lies in the temporary folder.
    private func objects(in text: String, port: Int, folder: TemporaryFolder) throws {
        let printed = text.split(separator: "\n").filter { $0.hasPrefix("    http://127.0.0.1:\(port)/samples/") }
        #expect(printed.count == 6)
        let files = try Program.lines(of: "cd '\(folder.path)'/tmp/*/ && find . -type f -printf '%P\\n'").sorted()
        #expect(files == ["hello.txt", "index.html", "json/legs.json", "large.bin", "raven.png", "八咫烏.txt"])
        for (line, file) in zip(printed, files) {
            let words = line.split(separator: " ")
            let answer = try WireClient.ask("GET", String(words[0].dropFirst(7).drop { $0 != "/" }), port: port)
            #expect(answer.status == 200)
            #expect("\(answer.body.count)" == words[1], "\(file)")
            try folder.write("got", "")
            let got = unsafe open(folder.path + "/got", O_WRONLY | O_TRUNC)
            defer { close(got) }
            unsafe #expect(Glibc.write(got, answer.body, answer.body.count) == answer.body.count)
            _ = try Program.lines(of: "cd '\(folder.path)' && cmp got tmp/*/'\(file)'")
        }
        let check =
            "import struct, sys, zlib; d = open(sys.argv[1], 'rb').read(); assert d[:8] == b'\\x89PNG\\r\\n\\x1a\\n'\n"
            + "i, kinds, data = 8, [], b''\n"
            + "while i < len(d):\n"
            + "    n, = struct.unpack('>I', d[i:i+4]); c = d[i+4:i+8+n]\n"
            + "    assert zlib.crc32(c) == struct.unpack('>I', d[i+8+n:i+12+n])[0]\n"
            + "    kinds.append(c[:4]); data += c[4:] if c[:4] == b'IDAT' else b''; i += 12 + n\n"
            + "assert kinds == [b'IHDR', b'PLTE', b'IDAT', b'IEND'] and len(zlib.decompress(data)) == 400 * 401\n"
        try folder.write("check.py", check)
        _ = try Program.lines(of: "python3 '\(folder.path)/check.py' '\(folder.path)'/tmp/*/raven.png")
    }

    @Test("a folder of one's own is served as it is and left as it is; SIGTERM ends the demo with 0")
    func ownFolder() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.makeFolder("mine")
        try folder.write("mine/a b.txt", "mine")
        let port = try freePort()
        let program = try start(
            ["demo", "--port", "\(port)", "--dir", folder.path + "/mine", "--show-secret"], in: folder)
        let text = try output(of: program, in: folder, until: "Ctrl-C ends it")
        let secret = text.split(separator: "\n").first { $0.contains("AWS_SECRET_ACCESS_KEY=") }
        #expect(secret?.split(separator: "=").last?.count == 40)
        #expect(try WireClient.ask("GET", "/samples/a%20b.txt", port: port).text == "mine")
        #expect(try WireClient.ask("PUT", "/samples/new", port: port, body: "x").status == 405)
        program.signal(SIGTERM)
        #expect(program.wait(seconds: 20) == 0)
        #expect(folder.read("mine/a b.txt") == "mine")
        #expect(try inside(folder).isEmpty)
    }

    @Test(
        "what hinders a start is said in one line, exit 1, nothing left",
        arguments: ["port", "missing", "file", "half"])
    func hindrances(kind: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (arguments, message): ([String], String) = try await Running.with { running in
            switch kind {
            case "port":
                let program = try start(["demo", "--port", "\(running.port)"], in: folder)
                #expect(program.wait(seconds: 20) == 1)
                return ([], "cannot listen on 127.0.0.1:\(running.port): ")
            case "missing": return (["demo", "--dir", "/nonexistent"], "there is no folder /nonexistent")
            case "file": return (["demo", "--dir", "/etc/passwd"], "/etc/passwd is not a folder")
            default: return (["origin", "--dir", "/tmp", "--access-key", "k"], "an access key needs --secret-key")
            }
        }
        if !arguments.isEmpty { #expect(try start(arguments, in: folder).wait(seconds: 20) == 1) }
        let text = folder.read("log") ?? ""
        #expect(
            text.hasPrefix("Error: ") && text.contains(message) && text.split(separator: "\n").count == 1, "\(text)")
        #expect(try inside(folder).isEmpty)
    }

    @Test("origin prints the keys it made, takes them, and ends with 0")
    func origin() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.makeFolder("data")
        let program = try start(["origin", "--dir", folder.path + "/data", "--port", "0"], in: folder)
        let text = try output(of: program, in: folder, until: "AWS_SECRET_ACCESS_KEY=")
        func value(after mark: String) -> String {
            guard let range = text.firstRange(of: mark) else { return "" }
            return String(text[range.upperBound...].prefix { !",\n".contains($0) })
        }
        let port = try #require(Int(value(after: "http://127.0.0.1:")))
        let keys = try Credentials(
            accessKey: value(after: "AWS_ACCESS_KEY_ID="), secretKey: value(after: "AWS_SECRET_ACCESS_KEY="))
        func ask(_ method: String, _ target: String, _ body: String = "") throws -> WireClient.Answer {
            try WireClient.askSigned(method, target, path: Array(target.utf8), port: port, as: keys, body: body)
        }
        try #expect(ask("PUT", "/bucket").status == 200)
        try #expect(ask("PUT", "/bucket/key", "body").status == 200)
        try #expect(ask("GET", "/bucket/key").text == "body")
        program.signal(SIGHUP)
        #expect(program.wait(seconds: 20) == 0)
        #expect(folder.read("data/bucket/key") == "body")
    }
}
