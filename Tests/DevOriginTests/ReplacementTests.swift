import Exchange
import NIOCore
import Testing

@testable import DevOrigin

@Suite("Objects that are replaced")
struct ReplacementTests {
    private func fields(_ body: String) -> ObjectFields {
        var fields = ObjectFields()
        fields.set(.contentType, ByteBuffer(string: "text/\(body)"))
        return fields
    }

    private func put(_ body: String, into store: ObjectStore, as key: ObjectKey) throws -> String {
        let upload = try store.beginUpload("bucket", key, fields: fields(body), token: body)
        try upload.write(ByteBuffer(string: body))
        return try upload.finish(payloadHash: nil)
    }

    @Test("A file that was opened before it was replaced keeps its tag and fields; those of long ago are forgotten")
    func replaced() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let root = try Folder.root(folder.path)
        let store = ObjectStore(root: root, layout: .single(bucket: "bucket"))
        let key = try ObjectKey(Array("key".utf8))
        let tag = try put("first", into: store, as: key)
        let name = try #require(key.path?.last)
        let opened = try root.file(name)
        #expect(try put("second", into: store, as: key) != tag)
        let record = store.records.record(of: opened.identity, named: name.bytes)
        #expect(record.tag == tag && record.fields == fields("first"))
        for number in 0..<ObjectRecords.replacedLimit { _ = try put("\(number)", into: store, as: key) }
        #expect(store.records.tag(of: opened.identity) != tag)
    }
}
