import HTTPSemantics
import NIOCore

extension FuzzTarget {
    /// The rules of caching: Cache-Control, freshness, Vary, and what a 304 confirms.
    ///
    /// The first eight bytes are the moment when a response came, the next four how many milliseconds later it is
    /// asked for. The rest are field lines: Age, Date, Expires, and then Cache-Control and Vary alike.
    static let cacheControl = FuzzTarget(name: "cachecontrol") { input in
        var bytes = input
        guard let moment = bytes.readInteger(as: Int64.self), let later = bytes.readInteger(as: UInt32.self) else {
            return
        }
        let lines = bytes.readableBytesView.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Array($0) }
        let values = Array(lines.dropFirst(3))
        let cacheControl = read(values)
        check(cacheControl, of: values)
        checkFreshness(cacheControl, lines, moment, later)
        checkVary(values)
        for line in lines {
            checkValue(line)
            _ = RevalidationFields.replaces(line.span)
        }
        for (one, other) in zip(lines, lines.dropFirst()) { checkValidators(one, other, moment) }
    }

    private static func read(_ lines: [[UInt8]]) -> ResponseCacheControl {
        var value = ResponseCacheControl()
        for line in lines { value.read(line.span) }
        return value
    }

    /// Neither the order nor the case of letters means anything, a line more restricts more, and numbers have bounds.
    private static func check(_ value: ResponseCacheControl, of lines: [[UInt8]]) {
        precondition(read(lines.reversed()) == value, "the order of lines counts")
        precondition(read(lines + lines) == value, "lines that come twice count")
        precondition(read(lines.map { $0.map(upper) }) == value, "the case of letters counts")
        let fewer = read(lines.dropLast())
        let restrictions: [(ResponseCacheControl) -> Bool] = [
            \.noStore, \.noCache, \.isPrivate, \.mustRevalidate, \.proxyRevalidate,
        ]
        for isSet in restrictions { precondition(!isSet(fewer) || isSet(value), "a line more permits more") }
        let numbers: [(ResponseCacheControl) -> Int64?] = [\.maxAge, \.sMaxAge, \.staleWhileRevalidate, \.staleIfError]
        for number in numbers {
            guard let seconds = number(value) else {
                precondition(number(fewer) == nil, "a line more takes a number away")
                continue
            }
            precondition((0...(1 << 31)).contains(seconds), "seconds beyond the bounds")
            precondition(seconds <= number(fewer) ?? .max, "a line more makes a number greater")
        }
    }

    private static func upper(_ byte: UInt8) -> UInt8 { byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte }

    private static func checkFreshness(
        _ cacheControl: ResponseCacheControl, _ lines: [[UInt8]], _ moment: Int64, _ later: UInt32
    ) {
        func line(_ index: Int) -> [UInt8] { index < lines.count ? lines[index] : [] }
        let expires: [UInt8]? = lines.count > 2 ? lines[2] : nil
        let age = line(0)
        let date = line(1)
        for isRespected in [true, false] {
            let rules = FreshnessRules(
                respectsCacheControl: isRespected, defaultLifetime: 60_000, staleWhileRevalidate: 1_000,
                staleIfError: 2_000)
            let value = Freshness(
                cacheControl: cacheControl, age: age.span, date: date.span, expires: expires?.span, rules: rules,
                requestTime: moment, responseTime: moment)
            precondition(value.storedAt == moment && value.initialAge >= 0 && value.lifetime >= 0, "a negative time")
            let now = moment.addingReportingOverflow(Int64(later)).partialValue
            precondition(value.age(at: now) >= value.initialAge, "younger than it came")
            check(value, at: now)
            check(value, at: moment)
            guard isRespected else { continue }
            let isForbidden =
                cacheControl.noCache || cacheControl.mustRevalidate || cacheControl.proxyRevalidate
                || cacheControl.sMaxAge != nil
            precondition(value.mustRevalidate == isForbidden, "stale against the origin's word")
            precondition(!cacheControl.noCache || !value.isFresh(at: now), "fresh though no-cache")
            precondition(cacheControl.sMaxAge != 0 || !value.isFresh(at: now), "fresh though s-maxage=0")
        }
    }

    /// What is fresh may be served, what has to be revalidated only then.
    private static func check(_ value: Freshness, at now: Int64) {
        let isFresh = value.isFresh(at: now)
        precondition(isFresh == (value.age(at: now) < value.lifetime), "fresh by another rule")
        precondition(!isFresh || value.mayServeOnError(at: now), "fresh, but not on errors")
        precondition(!isFresh || value.mayServeWhileRevalidating(at: now), "fresh, but not before validation")
        let isServed = value.mayServeOnError(at: now) || value.mayServeWhileRevalidating(at: now)
        precondition(isFresh || !isServed || !value.mustRevalidate, "stale, but has to be revalidated")
    }

    /// Names are sorted, each once, in lower case and within their bounds, and reading them again gives the same.
    private static func checkVary(_ lines: [[UInt8]]) {
        func read(_ lines: [[UInt8]]) -> VaryFields {
            var value = VaryFields.none
            for line in lines { value.read(line.span) }
            return value
        }
        let value = read(lines)
        precondition(read(lines.reversed()) == value, "the order of Vary's lines counts")
        guard case .names(let names) = value else { return }
        precondition(!names.isEmpty && names.count <= VaryFields.countLimit, "no names, or too many")
        precondition(names.joined().count <= VaryFields.byteLimit, "names too long")
        let isSorted = zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
        precondition(isSorted, "names out of order, or twice")
        precondition(read(names.map { $0.map(upper) }) == value, "reads as other names")
    }

    /// A value that was brought into form stays as it is, and the form adds and removes nothing but white space.
    private static func checkValue(_ line: [UInt8]) {
        var once: [UInt8] = []
        VaryValue.append(line.span, to: &once)
        var twice: [UInt8] = []
        VaryValue.append(once.span, to: &twice)
        precondition(once == twice, "another form the second time")
        func visible(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { $0 != 0x20 && $0 != 0x09 } }
        precondition(visible(once) == visible(line), "another value")
    }

    /// A 304 with a response's own validators confirms it; one with another strong tag does not.
    private static func checkValidators(_ one: [UInt8], _ other: [UInt8], _ moment: Int64) {
        for date in [nil, moment] {
            let isOwn = Validators.matches304(
                storedETag: one.span, storedLastModified: date, responseETag: one.span, responseLastModified: date)
            precondition(isOwn, "its own validators do not match")
            let isOther = Validators.matches304(
                storedETag: one.span, storedLastModified: date, responseETag: other.span, responseLastModified: date)
            guard !other.isEmpty, !EntityTag.isWeak(other.span) else { continue }
            let isSame = EntityTag.matches(one.span, other.span, .strong)
            precondition(isOther == isSame, "another tag than the strong one")
        }
    }
}
