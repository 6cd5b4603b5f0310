import Exchange
import NIOCore
import Telemetry

/// What one bucket's origin is counted by, on one loop's shard.
package struct OriginMetrics {
    private let shard: MetricShard
    private let operations: IndexedCounter
    private let errors: IndexedCounter
    private let latency: Histogram

    package init(registry: MetricRegistry, shard index: Int, bucket: String) {
        shard = registry.shards[index]
        operations = registry.counter(.s3Operations)
        errors = registry.counter(.s3Errors)
        latency = registry.histogram(.originRequestDuration, labels: [bucket])
    }

    func asked(isHead: Bool) {
        shard.add(operations, at: (isHead ? S3OperationLabel.head : .get).rawValue)
    }

    func answered(after time: TimeAmount) { shard.observe(latency, nanoseconds: time.nanoseconds) }

    /// Errors without a code of S3's count under the proxy's own name for them.
    func failed(_ fault: Fault) {
        let name = fault.originCode.isEmpty ? fault.code.rawValue : fault.originCode
        shard.add(errors, at: S3ErrorLabel.index(of: ByteBuffer(string: name)))
    }
}
