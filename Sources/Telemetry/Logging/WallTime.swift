import Glibc

/// A moment of UTC, as log lines name it.
package struct WallTime: Sendable, Equatable {
    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int64

    package init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The system's clock.
    package static func now() -> WallTime {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else { return WallTime(seconds: 0) }
        return WallTime(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    /// The system's clock in milliseconds since the epoch, as of its last tick.
    @Sendable package static func milliseconds() -> Int64 {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The system's clock in whole seconds, as of its last tick, a few milliseconds ago at most: a third of the price.
    @Sendable package static func second() -> Int64 {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time) == 0 else { return 0 }
        return Int64(time.tv_sec)
    }
}

/// The text of moments (RFC 3339, UTC, milliseconds), which computes the calendar once a second.
struct Timestamp {
    private var second = Int64.min
    private var text: InlineArray<19, UInt8> = .init(repeating: 0x30)

    /// Appends the 24 characters `2026-11-21T08:48:42.123Z`.
    mutating func write(_ time: WallTime, to out: inout OutputRawSpan) {
        if time.seconds != second { set(time.seconds) }
        guard out.freeCapacity >= 32 else { return }
        unsafe out.write(text.span.bytes)
        out.write(thousandths: UInt64(min(max(time.nanoseconds, 0), 999_999_999) / 1_000_000))
        out.append(UInt8(ascii: "Z"))
    }

    /// The proleptic Gregorian calendar by days since 0000-03-01, in eras of 400 years. Years beyond 0…9999 stop there.
    private mutating func set(_ second: Int64) {
        self.second = second
        let bounded = min(max(second, -62_135_596_800), 253_402_300_799)
        let days = (bounded - Self.remainder(bounded, 86_400)) / 86_400 + 719_468
        let time = Self.remainder(bounded, 86_400)
        let era = (days - Self.remainder(days, 146_097)) / 146_097
        let dayOfEra = Self.remainder(days, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let pairs: InlineArray<7, Int64> = [
            year / 100, year % 100, month, day, time / 3_600, time / 60 % 60, time % 60,
        ]
        let places: InlineArray<7, Int> = [0, 2, 5, 8, 11, 14, 17]
        for index in 0..<7 {
            text[places[index]] = Self.digit(pairs[index] / 10)
            text[places[index] + 1] = Self.digit(pairs[index])
        }
        text[4] = UInt8(ascii: "-")
        text[7] = UInt8(ascii: "-")
        text[10] = UInt8(ascii: "T")
        text[13] = UInt8(ascii: ":")
        text[16] = UInt8(ascii: ":")
    }

    private static func digit(_ number: Int64) -> UInt8 { 0x30 + UInt8(truncatingIfNeeded: number % 10) }

    /// Never negative.
    private static func remainder(_ number: Int64, _ divisor: Int64) -> Int64 {
        let rest = number % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
