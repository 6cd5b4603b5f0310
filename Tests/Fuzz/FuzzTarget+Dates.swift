import Glibc
import HTTPSemantics
import NIOCore
import S3

extension FuzzTarget {
    /// Dates of HTTP and of signatures, and the calendar below them, which the C library's has to agree with.
    ///
    /// The first eight bytes are a moment and the clock, the rest is a date to be read.
    static let dates = FuzzTarget(name: "dates") { input in
        var bytes = input
        guard let word = bytes.readInteger(as: Int64.self) else { return }
        let text = [UInt8](bytes.readableBytesView)
        let years = CivilTime.earliest...CivilTime.latest
        checkCalendar(word)
        checkFields(text)
        // Most words lie outside of the calendar, so that they are also folded into it.
        let moment = years.lowerBound + Int64(word.magnitude % UInt64(years.upperBound - years.lowerBound + 1))
        checkCalendar(moment)
        checkForms(of: moment)
        checkReading(text, now: word)
        checkReading(text, now: moment)
        if let found = AmzDate.parse(text.span) {
            precondition(text[13..<15] == [0x36, 0x30] || Array(AmzDate.text(found).utf8) == text, "another date")
        }
    }

    /// A moment's fields are those of the C library, and lead back to it.
    private static func checkCalendar(_ seconds: Int64) {
        let moment = min(max(seconds, CivilTime.earliest), CivilTime.latest)
        let time = CivilTime(seconds: seconds)
        precondition(time.seconds == moment, "the fields are those of another moment")
        var parts = unsafe tm()
        var argument = time_t(moment)
        unsafe gmtime_r(&argument, &parts)
        let expected = unsafe CivilTime(
            year: Int(parts.tm_year) + 1_900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
        precondition(time == expected, "another calendar than the C library's")
        precondition(unsafe time.weekday == Int(parts.tm_wday), "another day of the week")
    }

    /// Fields are a moment exactly when the C library has nothing to move into the next unit.
    private static func checkFields(_ bytes: [UInt8]) {
        guard bytes.count >= 7 else { return }
        let year = Int(bytes[0]) << 8 | Int(bytes[1])
        let time = CivilTime(
            year: year, month: Int(bytes[2]), day: Int(bytes[3]), hour: Int(bytes[4]), minute: Int(bytes[5]),
            second: Int(bytes[6]))
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(time.year) - 1_900
        unsafe parts.tm_mon = Int32(time.month) - 1
        unsafe parts.tm_mday = Int32(time.day)
        unsafe parts.tm_hour = Int32(time.hour)
        unsafe parts.tm_min = Int32(time.minute)
        // The second 60 is the next minute's first.
        unsafe parts.tm_sec = Int32(time.second == 60 ? 59 : time.second)
        let written = unsafe [parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
        let seconds = unsafe timegm(&parts) + (time.second == 60 ? 1 : 0)
        let normal = unsafe [parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
        let isLegal = written == normal && year <= 9_999
        precondition(time.seconds == (isLegal ? Int64(seconds) : nil), "another moment than the C library's")
    }

    /// All three forms of RFC 9110 §5.6.7, and the one of signatures, name the moment that they were made of.
    private static func checkForms(of moment: Int64) {
        let fixdate = fixdate(moment)
        precondition(HTTPDate.parse(fixdate.span, now: 0) == moment, "IMF-fixdate names another moment")
        let text = String(decoding: fixdate, as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "," }
        guard words.count == 6 else { preconditionFailure("not the parts of a date") }
        let day = words[1].first == "0" ? " \(words[1].dropFirst())" : "\(words[1])"
        let asctime = "\(words[0]) \(words[2]) \(day) \(words[4]) \(words[3])"
        precondition(HTTPDate.parse(asctime.utf8.span, now: 0) == moment, "asctime names another moment")
        let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        let name = names.first { $0.hasPrefix(words[0]) } ?? ""
        let rfc850 = "\(name), \(words[1])-\(words[2])-\(words[3].suffix(2)) \(words[4]) GMT"
        precondition(HTTPDate.parse(rfc850.utf8.span, now: moment) == moment, "RFC 850 names another moment")
        precondition(AmzDate.parse(AmzDate.text(moment).utf8.span) == moment, "a signature's date is another")
    }

    /// What can be read is within the calendar, and in the form that is written it is written the same.
    private static func checkReading(_ text: [UInt8], now: Int64) {
        guard let found = HTTPDate.parse(text.span, now: now) else { return }
        // A leap second at the end of the last year is the one moment behind the calendar.
        precondition((CivilTime.earliest...CivilTime.latest + 1).contains(found), "outside of the calendar")
        switch text.count {
        case 29:
            let isLeapSecond = text[23..<25].elementsEqual("60".utf8)
            let written = fixdate(isLeapSecond ? found - 1 : found)
            let kept = isLeapSecond ? Array(text[5..<23]) : Array(text[5...])
            precondition(written[5...].starts(with: kept), "another date")
        case 24: precondition(HTTPDate.parse(text.span, now: 0) == found, "the clock decides on a whole year")
        default:
            let year = CivilTime(seconds: now).year
            precondition(CivilTime(seconds: found - 1).year <= year + 50, "more than 50 years ahead")
            precondition(CivilTime(seconds: found).year >= year - 99, "of a century too early")
        }
    }

    private static func fixdate(_ moment: Int64) -> [UInt8] {
        let text = HTTPDate.format(moment)
        return text.indices.map { text[$0] }
    }
}
