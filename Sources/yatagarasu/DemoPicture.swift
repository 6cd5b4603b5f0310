/// Draws the picture among the samples: a raven with three legs before the sun, as a PNG of 400 × 400 pixels.
///
/// PNG (ISO/IEC 15948) with a palette; its zlib stream (RFC 1950) holds stored blocks only (RFC 1951 §3.2.4), so that
/// no compression is needed.
enum DemoPicture {
    private static let size = 400
    /// Red, green and blue of sky, sun, raven and eye.
    private static let palette: [UInt8] = [0xf4, 0xec, 0xdc, 0xc8, 0x2d, 0x26, 0x14, 0x14, 0x18, 0xf4, 0xc8, 0x3c]

    static func png() -> [UInt8] {
        var out: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        // eight bits a pixel, colour type 3 (palette), no interlacing
        append("IHDR", bigEndian(size) + bigEndian(size) + [8, 3, 0, 0, 0], to: &out)
        append("PLTE", palette, to: &out)
        append("IDAT", zlib(rows()), to: &out)
        append("IEND", [], to: &out)
        return out
    }

    /// Each row begins with its filter, 0 for none.
    private static func rows() -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity(size * (size + 1))
        for y in 0..<size {
            rows.append(0)
            for x in 0..<size { rows.append(color(x, y)) }
        }
        return rows
    }

    private static func color(_ x: Int, _ y: Int) -> UInt8 {
        func isInside(_ centreX: Int, _ centreY: Int, _ radiusX: Int, _ radiusY: Int) -> Bool {
            let (dx, dy) = (x - centreX, y - centreY)
            return dx * dx * radiusY * radiusY + dy * dy * radiusX * radiusX <= radiusX * radiusX * radiusY * radiusY
        }
        if isInside(262, 128, 5, 5) { return 3 }
        let isBeak = x >= 270 && x <= 318 && abs(y - 138) * 48 <= (318 - x) * 14
        let isTail = x >= 70 && x <= 150 && y >= 200 && y <= 262 && abs(y - (270 - x / 2)) <= 14
        let isLeg = y >= 240 && y <= 330 && [185, 205, 225].contains { abs(x - $0 - (y - 240) * ($0 - 205) / 60) <= 3 }
        let isFoot = y > 326 && y <= 333 && [155, 205, 255].contains { abs(x - $0) <= 14 }
        if isInside(200, 200, 75, 52) || isInside(255, 135, 30, 28) || isInside(235, 165, 32, 40) || isBeak || isTail
            || isLeg || isFoot
        {
            return 2
        }
        return isInside(200, 200, 150, 150) ? 1 : 0
    }

    private static func append(_ type: String, _ data: [UInt8], to out: inout [UInt8]) {
        let body = Array(type.utf8) + data
        out += bigEndian(data.count) + body + bigEndian(Int(crc32(body)))
    }

    private static func zlib(_ data: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < data.count {
            let end = min(start + 65_535, data.count)
            let length = UInt16(end - start)
            out.append(end == data.count ? 1 : 0)
            for number in [length, ~length] { out += [UInt8(number & 0xff), UInt8(number >> 8)] }
            out += data[start..<end]
            start = end
        }
        return out + bigEndian(Int(adler32(data)))
    }

    /// PNG, annex D.
    private static func crc32(_ data: [UInt8]) -> UInt32 {
        var value = ~UInt32(0)
        for byte in data {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
        return ~value
    }

    /// RFC 1950 §8.2.
    private static func adler32(_ data: [UInt8]) -> UInt32 {
        var (sum, weighted): (UInt32, UInt32) = (1, 0)
        for byte in data {
            sum = (sum + UInt32(byte)) % 65_521
            weighted = (weighted + sum) % 65_521
        }
        return weighted << 16 | sum
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
