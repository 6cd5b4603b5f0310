import Cache
import Exchange

extension Journey {
    /// A range out of slices that are stored one by one (CACHE-10).
    func slice(_ quest: Quest, _ range: RangePlan, for request: Request, _ trip: inout Trip) async throws(Fault)
        -> Answer
    {
        try await fetch(quest.object, for: request, &trip)
    }
}
