/// Finds the functions of blanked Swift code and how many lines each takes, by counting braces.
struct FunctionScanner {
    struct Function: Equatable {
        /// The line of the `func`, `init`, `deinit` or `subscript` keyword, counted from 1.
        var line: Int
        /// From that line to the closing brace, both included.
        var length: Int
    }

    private static let openers: Set<String> = ["func", "init", "deinit", "subscript"]
    /// A declaration without a body (in a protocol) ends where another one starts.
    private static let nextDeclaration: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "associatedtype", "typealias", "static",
        "mutating",
        "package", "private", "struct", "enum", "class", "extension", "protocol", "actor",
    ]

    static func functions(in code: [String]) -> [Function] {
        let tokens = tokens(of: code)
        var found: [Function] = []
        for (position, token) in tokens.enumerated() where openers.contains(token.text) {
            guard position == 0 || tokens[position - 1].text != "." else { continue }
            guard let start = body(from: position + 1, in: tokens), let end = close(from: start, in: tokens) else {
                continue
            }
            found.append(Function(line: token.line, length: tokens[end].line - token.line + 1))
        }
        return found
    }

    private struct Token {
        var text: String
        var line: Int
    }

    /// Words and the punctuation that matters.
    private static func tokens(of code: [String]) -> [Token] {
        var all: [Token] = []
        for (number, line) in code.enumerated() {
            var word = ""
            for character in line + " " {
                if character.isLetter || character.isNumber || character == "_" {
                    word.append(character)
                    continue
                }
                if !word.isEmpty { all.append(Token(text: word, line: number + 1)) }
                word = ""
                if "{}()[].".contains(character) { all.append(Token(text: String(character), line: number + 1)) }
            }
        }
        return all
    }

    private static func body(from start: Int, in tokens: [Token]) -> Int? {
        var depth = 0
        for position in start..<tokens.count {
            let text = tokens[position].text
            if text == "(" || text == "[" { depth += 1 }
            if text == ")" || text == "]" { depth -= 1 }
            guard depth == 0 else { continue }
            if text == "{" { return position }
            if text == "}" || nextDeclaration.contains(text) { return nil }
        }
        return nil
    }

    private static func close(from start: Int, in tokens: [Token]) -> Int? {
        var depth = 0
        for position in start..<tokens.count {
            if tokens[position].text == "{" { depth += 1 }
            if tokens[position].text == "}" { depth -= 1 }
            if depth == 0 { return position }
        }
        return nil
    }
}
