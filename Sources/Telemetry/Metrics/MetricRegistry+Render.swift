import NIOCore

extension MetricRegistry {
    /// The media type of `render(into:)`.
    package static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    /// Appends every family that counts something, in Prometheus' text format 0.0.4.
    ///
    /// Families stand in the order of their names, series in that of their labels. Collectors run on the calling
    /// thread.
    package func render(into out: inout ByteBuffer) {
        let (series, samples) = snapshot()
        for family in MetricCatalogue.families {
            if let list = series[family.name] {
                render(family, list, into: &out)
            } else if let computed = ComputedFamily(rawValue: family.name), let value = samples.values[computed] {
                MetricText.writeHead(of: family, to: &out)
                MetricText.writeName(family.name, "", labels: "", extra: "", to: &out)
                MetricText.write(value, to: &out)
                out.writeStaticString("\n")
            }
        }
    }

    private func render(_ family: MetricFamily, _ list: [Series], into out: inout ByteBuffer) {
        guard !isSilent(family, list) else { return }
        MetricText.writeHead(of: family, to: &out)
        for series in list {
            if let closed = family.closedValues {
                renderIndexed(family, closed, series, into: &out)
            } else if let buckets = family.buckets {
                renderHistogram(family, buckets, series, into: &out)
            } else {
                MetricText.writeName(family.name, "", labels: series.labelText, extra: "", to: &out)
                renderValue(family, sum(series.firstCell), into: &out)
            }
        }
    }

    /// Whether none of a closed list's values was counted yet: then there is no line to write.
    private func isSilent(_ family: MetricFamily, _ list: [Series]) -> Bool {
        guard let closed = family.closedValues else { return list.isEmpty }
        return list.allSatisfy { series in
            closed.values.indices.allSatisfy { sum(series.firstCell &+ $0) == 0 }
        }
    }

    private func renderValue(_ family: MetricFamily, _ value: UInt64, into out: inout ByteBuffer) {
        switch (family.unit, family.kind) {
        case (.nanoseconds, _): out.writeString(MetricText.seconds(value))
        case (.one, .gauge): out.writeString(String(Int64(bitPattern: value)))
        case (.one, _): MetricText.write(value, to: &out)
        }
        out.writeStaticString("\n")
    }

    private func renderIndexed(
        _ family: MetricFamily, _ closed: ClosedLabel, _ series: Series, into out: inout ByteBuffer
    ) {
        for (offset, value) in closed.values.enumerated() {
            let count = sum(series.firstCell &+ offset)
            guard count > 0 else { continue }
            let label = "\(family.labelNames.first ?? "")=\"\(value)\""
            MetricText.writeName(family.name, "", labels: label, extra: "", to: &out)
            MetricText.write(count, to: &out)
            out.writeStaticString("\n")
        }
    }

    /// Cells count each bucket by itself; the text wants everything up to the bound. The count is the last bucket's, so
    /// that the two agree also while others count.
    private func renderHistogram(
        _ family: MetricFamily, _ buckets: HistogramBuckets, _ series: Series, into out: inout ByteBuffer
    ) {
        let bounds = buckets.bounds
        var count: UInt64 = 0
        for position in 0...HistogramBuckets.boundCount {
            count &+= sum(series.firstCell &+ position)
            let isLast = position == HistogramBuckets.boundCount
            let bound = isLast ? "+Inf" : MetricText.seconds(bounds[position])
            MetricText.writeName(
                family.name, "_bucket", labels: series.labelText, extra: "le=\"\(bound)\"", to: &out)
            MetricText.write(count, to: &out)
            out.writeStaticString("\n")
        }
        MetricText.writeName(family.name, "_sum", labels: series.labelText, extra: "", to: &out)
        out.writeString(MetricText.seconds(sum(series.firstCell &+ HistogramBuckets.boundCount &+ 1)))
        out.writeStaticString("\n")
        MetricText.writeName(family.name, "_count", labels: series.labelText, extra: "", to: &out)
        MetricText.write(count, to: &out)
        out.writeStaticString("\n")
    }
}
