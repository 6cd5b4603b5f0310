/// Random numbers that are the same for the same seed (SplitMix64), so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Up to `limit` pieces of `alphabet`, now and then a byte of any value between.
    mutating func bytes(of alphabet: [String], upTo limit: Int) -> [UInt8] {
        var out: [UInt8] = []
        for _ in 0..<Int.random(in: 0...limit, using: &self) {
            if Int.random(in: 0..<12, using: &self) == 0 {
                out.append(UInt8.random(in: 0...255, using: &self))
            } else if let piece = alphabet.randomElement(using: &self) {
                out += Array(piece.utf8)
            }
        }
        return out
    }
}
