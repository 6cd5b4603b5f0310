import CYAML

/// Runs libyaml's event parser over a text.
///
/// libyaml keeps its state on the heap, so that depth costs no stack here; the caller ends a parse by returning false.
enum YAMLParser {
    /// Hands each event to `handle` until the stream ends or `handle` returns false; returns what made the parse fail.
    static func parse(_ source: SourceText, _ handle: (YAMLEvent) -> Bool) -> SyntaxProblem? {
        unsafe source.bytes.withUnsafeBufferPointer { bytes -> SyntaxProblem? in
            unsafe parse(bytes, source, handle)
        }
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ source: SourceText, _ handle: (YAMLEvent) -> Bool
    ) -> SyntaxProblem? {
        var parser = unsafe yaml_parser_t()
        guard unsafe yaml_parser_initialize(&parser) != 0 else { return .init(message: "out of memory", mark: .zero) }
        defer { unsafe yaml_parser_delete(&parser) }
        unsafe yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(&parser, &event) != 0 else { return unsafe problem(of: parser, source) }
            defer { unsafe yaml_event_delete(&event) }
            guard let next = unsafe YAMLEvent(event) else { continue }
            guard handle(next), next.kind != .streamEnd else { return nil }
        }
    }

    private static func problem(of parser: yaml_parser_t, _ source: SourceText) -> SyntaxProblem {
        let words = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "cannot be read"
        if unsafe parser.error == YAML_READER_ERROR {
            let offset = unsafe Int(clamping: parser.problem_offset)
            return SyntaxProblem(message: words, mark: source.mark(atByte: offset))
        }
        return unsafe SyntaxProblem(message: words, mark: Mark(parser.problem_mark))
    }
}

extension Mark {
    static let zero = Mark(line: 0, column: 0)

    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line), column: Int(clamping: mark.column))
    }
}

extension YAMLEvent {
    /// Nil for libyaml's empty event.
    fileprivate init?(_ event: yaml_event_t) {
        let extent = unsafe Extent(start: Mark(event.start_mark), end: Mark(event.end_mark))
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: self.init(kind: .streamStart, extent: extent)
        case YAML_STREAM_END_EVENT: self.init(kind: .streamEnd, extent: extent)
        case YAML_DOCUMENT_START_EVENT: self.init(kind: .documentStart, extent: extent)
        case YAML_DOCUMENT_END_EVENT: self.init(kind: .documentEnd, extent: extent)
        case YAML_SEQUENCE_END_EVENT: self.init(kind: .sequenceEnd, extent: extent)
        case YAML_MAPPING_END_EVENT: self.init(kind: .mappingEnd, extent: extent)
        case YAML_ALIAS_EVENT:
            self.init(kind: .alias(unsafe text(event.data.alias.anchor) ?? ""), extent: extent)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            self.init(
                kind: .scalar(unsafe String(decoding: value, as: UTF8.self), unsafe ScalarStyle(scalar.style)),
                extent: extent, anchor: unsafe text(scalar.anchor), hasTag: unsafe scalar.tag != nil)
        case YAML_SEQUENCE_START_EVENT:
            let sequence = unsafe event.data.sequence_start
            self.init(
                kind: .sequenceStart, extent: extent, anchor: unsafe text(sequence.anchor),
                hasTag: unsafe sequence.tag != nil)
        case YAML_MAPPING_START_EVENT:
            let mapping = unsafe event.data.mapping_start
            self.init(
                kind: .mappingStart, extent: extent, anchor: unsafe text(mapping.anchor),
                hasTag: unsafe mapping.tag != nil)
        default: return nil
        }
    }
}

private func text(_ bytes: UnsafeMutablePointer<UInt8>?) -> String? {
    guard let bytes = unsafe bytes else { return nil }
    return unsafe String(cString: bytes)
}

extension ScalarStyle {
    fileprivate init(_ style: yaml_scalar_style_t) {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .quoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: self = .block
        default: self = .plain
        }
    }
}
