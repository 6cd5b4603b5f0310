/// Dates of HTTP fields (RFC 9110 §5.6.7): all three forms are read, IMF-fixdate is written. Seconds since the epoch.
package enum HTTPDate {
    /// The moment that `bytes` names; nil for anything that is not one of the three forms, to the letter.
    ///
    /// The name of the day must be one, but need not be the right one: nobody computes with it. `now` settles the
    /// two-digit year of RFC 850: more than 50 years ahead means the century before.
    package static func parse(_ bytes: Span<UInt8>, now: Int64) -> Int64? {
        guard bytes.count >= 24 else { return nil }
        if bytes.count == 29, bytes[3] == UInt8(ascii: ",") { return fixdate(bytes) }
        if bytes.count == 24, bytes[3] == UInt8(ascii: " ") { return asctime(bytes) }
        return rfc850(bytes, now: now)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, always 29 bytes.
    package static func format(_ seconds: Int64) -> InlineArray<29, UInt8> {
        let time = CivilTime(seconds: seconds)
        var out: InlineArray<29, UInt8> = .init(repeating: UInt8(ascii: " "))
        put(weekdays, time.weekday * 3, &out, at: 0)
        out[3] = UInt8(ascii: ",")
        put(time.day, &out, at: 5)
        put(months, (time.month - 1) * 3, &out, at: 8)
        put(time.year / 100, &out, at: 12)
        put(time.year % 100, &out, at: 14)
        put(time.hour, &out, at: 17)
        out[19] = UInt8(ascii: ":")
        put(time.minute, &out, at: 20)
        out[22] = UInt8(ascii: ":")
        put(time.second, &out, at: 23)
        put("GMT", 0, &out, at: 26)
        return out
    }

    private static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private static func put(_ text: StaticString, _ offset: Int, _ out: inout InlineArray<29, UInt8>, at index: Int) {
        text.withUTF8Buffer { bytes in
            for step in 0..<3 where offset + step < bytes.count { out[index + step] = unsafe bytes[offset + step] }
        }
    }

    private static func put(_ number: Int, _ out: inout InlineArray<29, UInt8>, at index: Int) {
        out[index] = UInt8(truncatingIfNeeded: number / 10) &+ 0x30
        out[index + 1] = UInt8(truncatingIfNeeded: number % 10) &+ 0x30
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func fixdate(_ bytes: Span<UInt8>) -> Int64? {
        guard isWeekday(bytes, 0), isSpaced(bytes, [4, 7, 11, 16, 25]), isGMT(bytes, 26), let day = two(bytes, 5),
            let month = month(bytes, 8), let century = two(bytes, 12), let year = two(bytes, 14)
        else { return nil }
        return seconds(CivilTime(year: century * 100 + year, month: month, day: day), bytes, clock: 17)
    }

    /// `Sun Nov  6 08:49:37 1994`
    private static func asctime(_ bytes: Span<UInt8>) -> Int64? {
        guard isWeekday(bytes, 0), isSpaced(bytes, [3, 7, 10, 19]), let month = month(bytes, 4),
            let century = two(bytes, 20), let year = two(bytes, 22)
        else { return nil }
        let day = bytes[8] == UInt8(ascii: " ") ? bytes[9].asciiDigit.map(Int.init) : two(bytes, 8)
        guard let day else { return nil }
        return seconds(CivilTime(year: century * 100 + year, month: month, day: day), bytes, clock: 11)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    private static func rfc850(_ bytes: Span<UInt8>, now: Int64) -> Int64? {
        guard isWeekday(bytes, 0) else { return nil }
        var comma = 3
        while comma < bytes.count, bytes[comma] != UInt8(ascii: ",") { comma += 1 }
        let base = comma + 2
        guard bytes.count == base + 22, isFullWeekday(bytes.extracting(0..<comma)),
            isSpaced(bytes, [base - 1, base + 9, base + 18]), bytes[base + 2] == UInt8(ascii: "-"),
            bytes[base + 6] == UInt8(ascii: "-"), isGMT(bytes, base + 19), let day = two(bytes, base),
            let month = month(bytes, base + 3), let year = two(bytes, base + 7)
        else { return nil }
        let thisYear = CivilTime(seconds: now).year
        var full = thisYear - thisYear % 100 + year
        if full > thisYear + 50 { full -= 100 }
        return seconds(CivilTime(year: full, month: month, day: day), bytes, clock: base + 10)
    }

    private static func seconds(_ date: CivilTime, _ bytes: Span<UInt8>, clock: Int) -> Int64? {
        guard bytes[clock + 2] == UInt8(ascii: ":"), bytes[clock + 5] == UInt8(ascii: ":"),
            let hour = two(bytes, clock), let minute = two(bytes, clock + 3), let second = two(bytes, clock + 6)
        else { return nil }
        var time = date
        time.hour = hour
        time.minute = minute
        time.second = second
        return time.seconds
    }

    private static func two(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
        guard let tens = bytes[index].asciiDigit, let ones = bytes[index + 1].asciiDigit else { return nil }
        return Int(tens) * 10 + Int(ones)
    }

    private static func isSpaced<let count: Int>(_ bytes: Span<UInt8>, _ places: InlineArray<count, Int>) -> Bool {
        for index in places.indices where bytes[places[index]] != UInt8(ascii: " ") { return false }
        return true
    }

    private static func isGMT(_ bytes: Span<UInt8>, _ index: Int) -> Bool { position(bytes, index, in: "GMT") == 0 }
    private static func isWeekday(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        position(bytes, index, in: weekdays) != nil
    }
    private static func month(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
        position(bytes, index, in: months).map { $0 + 1 }
    }

    /// Which of the three-letter words in `words` stands at `index`.
    private static func position(_ bytes: Span<UInt8>, _ index: Int, in words: StaticString) -> Int? {
        words.withUTF8Buffer { words in
            var word = 0
            while word * 3 + 2 < words.count {
                if unsafe bytes[index] == words[word * 3] && bytes[index + 1] == words[word * 3 + 1]
                    && bytes[index + 2] == words[word * 3 + 2]
                {
                    return word
                }
                word += 1
            }
            return nil
        }
    }

    private static func isFullWeekday(_ name: Span<UInt8>) -> Bool {
        switch position(name, 0, in: weekdays) {
        case 0: equals(name, "Sunday")
        case 1: equals(name, "Monday")
        case 2: equals(name, "Tuesday")
        case 3: equals(name, "Wednesday")
        case 4: equals(name, "Thursday")
        case 5: equals(name, "Friday")
        case 6: equals(name, "Saturday")
        default: false
        }
    }

    private static func equals(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for index in 0..<text.count where unsafe bytes[index] != text[index] { return false }
            return true
        }
    }
}
