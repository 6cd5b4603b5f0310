import ConfigSchema
import NIOCore
import Settings

extension FuzzTarget {
    /// A configuration as somebody wrote it: it loads, or every complaint has its place and shows no secret.
    ///
    /// `^` stands for a secret, wherever it is written.
    static let yaml = FuzzTarget(name: "yaml") { input in
        let written = [UInt8](input.readableBytesView)
        let hidden = [secret, fromEnvironment].map { Array($0.utf8.prefix(6)) }
        let isGiven = written.indices.contains { index in hidden.contains { written[index...].starts(with: $0) } }
        guard !isGiven else { return }
        makeSchema
        let text = written.flatMap { $0 == UInt8(ascii: "^") ? Array(secret.utf8) : [$0] }
        let outcome = load(text)
        check(outcome, of: text)
        checkComment(before: text, outcome)
    }

    /// Makes the schema once, outside of the search for leaks: pointers that carry an enum's tag, as its globals hold
    /// them, look like none there.
    private static let makeSchema: Void = {
        pauseLeakSearch()
        _ = load([])
        resumeLeakSearch()
    }()

    private typealias Outcome = Result<Configuration, ConfigurationFailure>

    /// Has the look of a secret access key.
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// May look like anything, since the environment's values never are in a message.
    private static let fromEnvironment = "%hunter2 "

    private static func load(_ text: [UInt8]) -> Outcome {
        let files = FileAccess { path, _ throws(FileAccess.Failure) in
            switch path {
            case "config.yaml": return text
            case "/ca.pem": return Array("-----BEGIN CERTIFICATE-----".utf8)
            default: throw .missing
            }
        }
        let environment = ["X": fromEnvironment, "Y": "1", "EMPTY": ""]
        do throws(ConfigurationFailure) {
            return .success(try Configuration.load(.file(path: "config.yaml"), environment: environment, files: files))
        } catch {
            return .failure(error)
        }
    }

    private static func check(_ outcome: Outcome, of text: [UInt8]) {
        switch outcome {
        case .success(let configuration):
            precondition(!configuration.buckets.isEmpty, "a configuration without a bucket")
            for bucket in configuration.buckets {
                precondition(bucket.pathPrefix.hasPrefix("/") && !bucket.s3.bucket.isEmpty, "half a bucket")
                precondition(bucket.s3.isAnonymous == (bucket.s3.secretKey == nil), "a bucket without its keys")
            }
        case .failure(.invalid(let diagnostics)): check(diagnostics, of: text)
        case .failure(.notUTF8):
            precondition(String(validating: text, as: UTF8.self) == nil, "UTF-8 that is refused")
        case .failure(.empty): break
        case .failure(let failure): preconditionFailure("refused for \(failure), which cannot be")
        }
    }

    /// Every diagnostic points into the text, in its order, and shows no secret.
    private static func check(_ diagnostics: [Diagnostic], of text: [UInt8]) {
        precondition(!diagnostics.isEmpty && diagnostics.count <= Diagnostic.limit + 1, "none, or too many")
        let lengths = lineLengths(of: text)
        var previous = (line: 1, column: 1)
        for (index, diagnostic) in diagnostics.enumerated() {
            let isRest = diagnostic.line == 0
            precondition(isRest == (index == Diagnostic.limit), "no place, or one for what is left out")
            if !isRest {
                let place = (line: diagnostic.line, column: diagnostic.column)
                precondition(place.line <= lengths.count, "a line behind the end")
                precondition((1...(lengths[place.line - 1] + 1)).contains(place.column), "a column behind the end")
                precondition(previous <= place, "not in the order of the text")
                previous = place
            }
            let lines = diagnostic.description.split(separator: "\n", omittingEmptySubsequences: false)
            precondition(lines.count <= 3 && lines[0].contains(": error: "), "not a message, a line and a caret")
            let isClean = diagnostic.description.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            }
            precondition(isClean, "a control character")
            for hidden in [secret, fromEnvironment] {
                precondition(!diagnostic.description.contains(hidden), "a secret is shown")
            }
        }
    }

    /// The number of scalars on each line, where YAML 1.1 §5.4 ends lines.
    private static func lineLengths(of text: [UInt8]) -> [Int] {
        var lengths = [0]
        var previous: Unicode.Scalar?
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n" where previous == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lengths.append(0)
            // A mark at the beginning says only that this is Unicode.
            case "\u{feff}" where previous == nil: break
            default: lengths[lengths.count - 1] += 1
            }
            previous = scalar
        }
        return lengths
    }

    /// A comment in front of a configuration only moves what is said about it by one line.
    private static func checkComment(before text: [UInt8], _ outcome: Outcome) {
        guard !text.starts(with: "\u{feff}".utf8) else { return }
        let shifted = load(Array("# comment\n".utf8) + text)
        guard case .failure(.invalid(let before)) = outcome, case .failure(.invalid(let after)) = shifted else {
            return precondition(shifted == outcome, "a comment changes the meaning")
        }
        guard before.count <= Diagnostic.limit else { return }
        precondition(before.count == after.count, "a comment changes what is found")
        // What is missing is missing on the first line, comment or not.
        var rest = after
        for one in before {
            let index = rest.firstIndex { other in
                let isMoved = other.line == one.line + 1 || other.line == 1 && one.line == 1
                return isMoved && other.column == one.column && other.message == one.message
            }
            guard let index else { preconditionFailure("a comment moves a complaint to another place") }
            rest.remove(at: index)
        }
    }
}

@_silgen_name("__lsan_disable")
private func pauseLeakSearch()

@_silgen_name("__lsan_enable")
private func resumeLeakSearch()
