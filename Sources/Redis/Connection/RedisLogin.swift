/// Who a connection is for the server, and which of its databases it uses.
package struct RedisLogin: Sendable, Equatable {
    /// Nil: the user named `default`.
    package var user: String?
    package var password: String?
    package var database: Int
    /// What `CLIENT LIST` shows; without blanks.
    package var clientName: String

    package init(user: String? = nil, password: String? = nil, database: Int = 0, clientName: String = "yatagarasu") {
        self.user = user
        self.password = password
        self.database = database
        self.clientName = clientName
    }

    /// A server's error text without what it may repeat of our commands: old servers quote the arguments of a command
    /// that they do not know, the password among them and perhaps cut short.
    func redacted(_ text: [UInt8]) -> String {
        var kept = text[...]
        if let quote = Self.firstIndex(of: Array("with args".utf8), in: text) { kept = text[..<quote] }
        if let password, let place = Self.firstIndex(of: Array(password.utf8), in: Array(kept)) {
            kept = kept[..<place] + Array("***".utf8)[...]
        }
        return String(decoding: kept.prefix(200), as: UTF8.self)
    }

    private static func firstIndex(of word: [UInt8], in text: [UInt8]) -> Int? {
        guard !word.isEmpty, text.count >= word.count else { return nil }
        return (0...(text.count - word.count)).first { text[$0..<($0 + word.count)].elementsEqual(word) }
    }
}

extension RedisLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "RedisLogin(\(user ?? "default"), password \(password == nil ? "none" : "***"), database \(database))"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["login": description]) }
}
