/// The words that keys are made of: an unknown key that is made of others may be a secret in the wrong place.
struct KeyVocabulary: Sendable {
    /// The schema's own keys.
    let keys: Set<String>
    private let ownWords: Set<String>
    private let foreignWords: Set<String>

    /// `foreign` holds the words of keys that the schema does not know but operators may write, in lower case.
    init(_ section: SectionShape, foreign: Set<String>) {
        var keys: Set<String> = []
        Self.collect(section, into: &keys)
        self.keys = keys
        ownWords = Set(keys.flatMap(Self.words(of:)))
        foreignWords = foreign
    }

    /// True when a diagnostic may show the key.
    func shows(_ key: String) -> Bool {
        let parts = Self.words(of: key)
        return key.utf8.count <= 64 && !parts.isEmpty
            && parts.allSatisfy { ownWords.contains($0) || foreignWords.contains($0) }
    }

    private static func words(of key: String) -> [String] {
        key.split(omittingEmptySubsequences: false) { $0 == "_" || $0 == "-" }.map { $0.lowercased() }
    }

    private static func collect(_ section: SectionShape, into keys: inout Set<String>) {
        for field in section.fields {
            keys.insert(field.name)
            switch field.shape {
            case .section(let inner), .sections(let inner, _): collect(inner, into: &keys)
            default: break
            }
        }
    }
}
