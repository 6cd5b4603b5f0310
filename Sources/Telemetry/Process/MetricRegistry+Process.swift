extension MetricRegistry {
    /// Exports the figures of the process, of the allocator where it is jemalloc, and the lines that `output` lost.
    package func collectProcess(output: LogOutput) {
        collect(ProcessMetrics.collect)
        #if Jemalloc
        collect(AllocatorMetrics.collect)
        #endif
        collect { samples in samples.set(.logLinesDropped, Double(output.droppedLines)) }
    }
}
