using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Keys;

public sealed class KeyInspectorTests : IAsyncDisposable
{
    private readonly InMemoryKvStore _store = new(TimeProvider.System);

    private readonly KeyInspector _inspector = new(record => JsonFormatter.Default.Format(record));

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Encode_key_prints_the_diagram_and_the_fdbcli_form(bool unicode)
    {
        var text = KeyInspector.EncodeKey(KeyQueryTests.Parse("key_type=InstanceKey instance_id=i"), unicode);

        var key = KeySpace.Instance.Encode("i");
        text.Should().Be(
            KeyPrinter.Print(key, unicode) + @"\x01\x10\x69\x6e\x73\x74\x61\x6e\x63\x65\x00\x01\x10\x69\x00\x01" + "\n");
    }

    [Fact]
    public void Encode_key_takes_a_versionstamp()
    {
        const string Query = "key_type=VersionedMetaIndexKey instance_id=i index_id=7";

        KeyInspector.EncodeKey(KeyQueryTests.Parse(Query)).Should().NotContain("versionstamp");
        KeyInspector.EncodeKey(KeyQueryTests.Parse(Query + " versionstamp=00000182A5ED173F0012"))
            .Should().Contain(" 5. versionstamp: 00000182a5ed173f0012\n").And.EndWith(@"\x00\x12\xff" + "\n");
    }

    [Fact]
    public async Task A_key_may_be_as_long_as_a_store_takes_and_no_longer()
    {
        var longest = new string('x', KvLimits.KeyBytes - KeySpace.Instance.Encode("").Length);
        using var reader = _store.BeginRead();

        KeyInspector.EncodeKey(new Dictionary<string, string> { ["key_type"] = "InstanceKey", ["instance_id"] = longest })
            .Should().Contain(longest);
        var query = new Dictionary<string, string> { ["key_type"] = "InstanceKey", ["instance_id"] = longest + "x" };
        FluentActions.Invoking(() => KeyInspector.EncodeKey(query))
            .Should().Throw<KeyFormatException>().WithMessage("the key has 10001 bytes, more than 10000");
        await _inspector.Awaiting(i => i.GetValueAsync(reader, query).AsTask()).Should().ThrowAsync<KeyFormatException>();
    }

    [Fact]
    public async Task Prints_a_record_given_by_fields_or_by_hex_and_nothing_where_there_is_none()
    {
        var key = Key.TxnInfo("i", 1, 2);
        await WriteAsync(tx => tx.Set(key, new TxnInfoPB { Label = "l1" }));

        (await GetAsync("key_type=TxnInfoKey instance_id=i db_id=1 txn_id=2")).Should().Be("{ \"label\": \"l1\" }");
        (await GetAsync($"key={KeyHex.Escaped(key.Bytes)}")).Should().Be("{ \"label\": \"l1\" }");
        (await GetAsync("key_type=TxnInfoKey instance_id=i db_id=1 txn_id=3")).Should().BeNull();
    }

    [Fact]
    public async Task What_becomes_of_secrets_is_up_to_the_formatter()
    {
        await WriteAsync(tx => tx.SetClear(Key.ArnInfo(), new RamUserPB { UserId = "u", Sk = "secret" }));
        using var reader = _store.BeginRead();

        var inspector = new KeyInspector(record => $"{record.Descriptor.Name} of {((RamUserPB)record).UserId}");
        (await inspector.GetValueAsync(reader, KeyQueryTests.Parse("key_type=MetaServiceArnInfoKey"))).Should().Be("RamUserPB of u");
    }

    [Fact]
    public async Task Prints_a_label_with_the_transaction_id_of_its_versionstamp()
    {
        var record = new TxnLabelPB { TxnIds = { 5 } };
        await WriteAsync(tx =>
        {
            tx.Set(Key.TxnLabel("i", 1, "a"), record, Versionstamp.Read(Convert.FromHexString("00000182a5ed173f0012")));
            tx.Set(Key.TxnLabel("i", 1, "b"), record, Versionstamp.Read(Convert.FromHexString("00000182a5ed173f0400")));
        });

        (await GetAsync("key_type=TxnLabelKey instance_id=i db_id=1 label=a"))
            .Should().Be("{ \"txnIds\": [ \"5\" ] }\ntxn_id=1700496542596114");
        (await GetAsync("key_type=TxnLabelKey instance_id=i db_id=1 label=b"))
            .Should().EndWith("\nversionstamp=00000182a5ed173f0400", "no transaction can have this one's id");
    }

    [Fact]
    public async Task Prints_a_table_version_as_the_integer_it_is()
    {
        await WriteAsync(tx => tx.Add(Key.TableVersion("i", 1, 2), 41));
        await WriteAsync(tx => tx.Add(Key.TableVersion("i", 1, 2), 1));

        (await GetAsync("key_type=TableVersionKey instance_id=i db_id=1 tbl_id=2")).Should().Be("42");
    }

    [Fact]
    public async Task Prints_tablet_statistics_apart_and_merged()
    {
        const string Query = "key_type=StatsTabletKey instance_id=i table_id=1 index_id=2 part_id=3 tablet_id=4";
        var tablet = new TabletIndexPB { TableId = 1, IndexId = 2, PartitionId = 3, TabletId = 4 };
        (await GetAsync(Query)).Should().BeNull();
        await WriteAsync(tx =>
        {
            tx.Set(Key.StatsTablet("i", tablet), new TabletStatsPB { NumRows = 10, BaseCompactionCnt = 3 });
            tx.Add(Key.StatsTablet("i", tablet, TabletCounter.NumRows), 5);
            tx.Add(Key.StatsTablet("i", tablet, TabletCounter.SegmentSize), 7);
            tx.Set(Key.StatsTablet("i", 1, 2, 3, 5), new TabletStatsPB { NumRows = 1000 });
        });

        (await GetAsync(Query))!.Split('\n').Should().Equal(
            """aggregated_stats: { "numRows": "10", "baseCompactionCnt": "3" }""",
            """detached_stats: { "numRows": "5", "segmentSize": "7" }""",
            """merged_stats: { "dataSize": "0", "numRows": "15", "numRowsets": "0", "numSegments": "0", "baseCompactionCnt": "3",""" +
            """ "segmentSize": "7" }""");
    }

    [Fact]
    public async Task Prints_split_values_whole_and_a_single_chunk_as_bytes()
    {
        var key = Key.MetaSchema("i", 1, 2);
        await WriteAsync(tx =>
        {
            tx.Set(key, new TabletSchemaCloudPB { SchemaVersion = 2 });
            tx.Set(Key.DeleteBitmap("i", 1, "r", 2, 3), new byte[] { 0xAB, 0x00 });
        });

        (await GetAsync("key_type=MetaSchemaKey instance_id=i index_id=1 schema_version=2"))
            .Should().Be("{ \"schemaVersion\": 2 }");
        (await GetAsync($"key={Convert.ToHexString(key.Bytes)}120100000000000000"))
            .Should().Be("6802", "this is the record with only schema_version set");
        (await GetAsync("key_type=MetaDeleteBitmap instance_id=i tablet_id=1 rowset_id=r version=2 seg_id=3"))
            .Should().Be("ab00");
    }

    [Fact]
    public async Task Prints_the_newest_version_of_a_versioned_record()
    {
        const string Query = "key_type=VersionedPartitionVersionKey instance_id=i partition_id=7";
        (await GetAsync(Query)).Should().BeNull();
        await WriteAsync(tx =>
        {
            for (var version = 1; version <= 3; version++)
            {
                var key = KeySpace.VersionedPartitionVersion.Encode("i", 7, new Versionstamp(version, 0));
                tx.Set(key, new VersionPB { Version = 10 * version }.ToByteArray());
            }

            tx.Set(KeySpace.VersionedMetaIndex.Encode("i", 7, new Versionstamp(9, 1)), Array.Empty<byte>());
        });

        (await GetAsync(Query)).Should().Be("{ \"version\": \"30\" }\nversionstamp=00000000000000030000");
        (await GetAsync(Query + " versionstamp=0000000000000002ffff"))
            .Should().Be("{ \"version\": \"20\" }\nversionstamp=00000000000000020000");
        (await GetAsync(Query + " versionstamp=00000000000000010000")).Should().StartWith("{ \"version\": \"10\" }");
        (await GetAsync(Query + " versionstamp=00000000000000000000")).Should().BeNull();
        (await GetAsync("key_type=VersionedMetaIndexKey instance_id=i index_id=7"))
            .Should().Be("(empty)\nversionstamp=00000000000000090001");

        var bare = Convert.ToHexString(KeySpace.VersionedPartitionVersion.Encode("i", 7));
        (await GetAsync($"key={bare}")).Should().StartWith("{ \"version\": \"30\" }");
        (await GetAsync($"key={bare}1300000000000000020000FF")).Should().Be("{ \"version\": \"20\" }");
        (await GetAsync($"key={bare}130000000000000002ffffFF")).Should().BeNull();
    }

    [Fact]
    public async Task A_malformed_value_is_told_apart_from_bad_input()
    {
        await WriteAsync(tx =>
        {
            tx.Set(Key.TableVersion("i", 1, 2).Bytes, new byte[] { 1 });
            tx.Set(Key.TxnLabel("i", 1, "a").Bytes, new byte[] { 1 });
        });

        await this.Awaiting(t => t.GetAsync("key_type=TableVersionKey instance_id=i db_id=1 tbl_id=2"))
            .Should().ThrowAsync<InvalidDataException>();
        await this.Awaiting(t => t.GetAsync("key_type=TxnLabelKey instance_id=i db_id=1 label=a"))
            .Should().ThrowAsync<InvalidDataException>();
    }

    private async Task<string?> GetAsync(string query)
    {
        using var reader = _store.BeginRead();
        return await _inspector.GetValueAsync(reader, KeyQueryTests.Parse(query));
    }

    private async Task WriteAsync(Action<IKvTransaction> write)
    {
        using var transaction = _store.BeginTransaction();
        write(transaction);
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }
}
