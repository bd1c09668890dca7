using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.UnitTests.StoredRecords;

public sealed class RecordAccessTests : IAsyncDisposable
{
    private readonly InMemoryKvStore _store = new(TimeProvider.System);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_record_with_the_stamp_of_its_commit_comes_back_with_it()
    {
        var key = Key.TxnLabel("i", 1, "l");
        var commit = await WriteAsync(tx => tx.SetWithCommitStamp(key, new TxnLabelPB { TxnIds = { 5, 6 } }));

        using var reader = _store.BeginRead();
        var stored = (await reader.GetAsync(key))!.Value;
        stored.Record.TxnIds.Should().Equal(5, 6);
        stored.Stamp.Should().Be(commit.Versionstamp!.Value);
        (await reader.GetAsync(Key.TxnLabel("i", 1, "other"))).Should().BeNull();
    }

    [Fact]
    public async Task A_stamped_record_is_stored_as_upstream_stores_it()
    {
        var key = Key.TxnLabel("x1", 10001, "label_a");
        await WriteAsync(tx => tx.Set(key, new TxnLabelPB { TxnIds = { 191488 } }, new Versionstamp(0xbc, 0)));

        using var reader = _store.BeginRead();
        Convert.ToHexStringLower((await reader.GetAsync(key.Bytes))!).Should().Be("0880d80b00000000000000bc0000");

        await WriteAsync(tx => tx.Clear(key));
        using var after = _store.BeginRead();
        (await after.GetAsync(key)).Should().BeNull();
    }

    [Fact]
    public async Task Rowsets_are_scanned_between_two_versions_of_one_tablet()
    {
        await WriteAsync(tx =>
        {
            foreach (var (tablet, version) in new[] { (1, 1L), (1, 2), (1, 300), (1, long.MaxValue), (2, 2), (0, 2) })
            {
                tx.Set(Key.MetaRowset("i", tablet, version), new RowsetMetaCloudPB { RowsetId = 0, EndVersion = version });
            }
        });

        (await VersionsAsync(KeyRanges.Rowsets("i", 1, 2, 300))).Should().Equal(2, 300);
        (await VersionsAsync(KeyRanges.Rowsets("i", 1))).Should().Equal(1, 2, 300, long.MaxValue);
        (await VersionsAsync(KeyRanges.Rowsets("i", 1, 3, 299))).Should().BeEmpty();
    }

    [Fact]
    public async Task Temporary_rowsets_are_those_of_one_transaction()
    {
        await WriteAsync(tx =>
        {
            foreach (var (txn, tablet) in new[] { (7, 1), (7, 2), (8, 1), (6, 1) })
            {
                tx.Set(Key.MetaRowsetTmp("i", txn, tablet), new RowsetMetaCloudPB { RowsetId = 0, TxnId = txn });
            }

            tx.Set(Key.MetaRowsetTmp("i2", 7, 3), new RowsetMetaCloudPB { RowsetId = 0 });
        });

        using (var reader = _store.BeginRead())
        {
            var (records, hasMore) = await reader.GetRangeAsync(KeyRanges.TmpRowsets("i", 7));
            records.Select(r => r.Fields.Number("tablet_id")).Should().Equal(1, 2);
            hasMore.Should().BeFalse();
        }

        await WriteAsync(tx => tx.ClearRange(KeyRanges.TmpRowsets("i", 7)));
        using var after = _store.BeginRead();
        (await after.GetRangeAsync(KeyRanges.TmpRowsets("i", 7))).Records.Should().BeEmpty();
        (await after.GetRangeAsync(KeyRanges.TmpRowsets("i", 8))).Records.Should().HaveCount(1);
        (await after.GetRangeAsync(KeyRanges.TmpRowsets("i2", 7))).Records.Should().HaveCount(1);
    }

    [Fact]
    public async Task Running_transactions_before_one_leave_it_out()
    {
        await WriteAsync(tx =>
        {
            foreach (long txn in (ReadOnlySpan<long>)[0, 5, 6, 7])
            {
                tx.Set(Key.TxnRunning("i", 1, txn), new TxnRunningPB());
            }

            tx.Set(Key.TxnRunning("i", 2, 5), new TxnRunningPB());
        });

        using var reader = _store.BeginRead();
        (await reader.GetRangeAsync(KeyRanges.RunningTxnsBefore("i", 1, 6))).Records
            .Select(r => r.Fields.Number("txn_id")).Should().Equal(0, 5);
        (await reader.GetRangeAsync(KeyRanges.RunningTxns("i", 1))).Records.Should().HaveCount(4);
        (await reader.GetRangeAsync(KeyRanges.RunningTxns("i"))).Records.Should().HaveCount(5);
    }

    [Fact]
    public async Task Instances_are_paged_in_byte_order()
    {
        string[] ids = ["a", "a\0", "ab", "b"];
        await WriteAsync(tx =>
        {
            foreach (var id in ids)
            {
                tx.SetClear(Key.Instance(id), new InstanceInfoPB { InstanceId = id });
            }

            tx.SetClear(Key.StorageVault("a", "1"), new StorageVaultPB());
        });

        using var reader = _store.BeginRead();
        var range = KeyRanges.Instances();
        var seen = new List<string>();
        while (true)
        {
            var (page, hasMore) = await reader.GetRangeAsync(range, new KvRangeOptions(Limit: 1));
            seen.AddRange(page.Select(r => r.Record.InstanceId));
            if (!hasMore)
            {
                break;
            }

            range = range.After(page[^1].Key);
        }

        seen.Should().Equal(ids);
    }

    [Fact]
    public async Task A_scan_reads_on_over_many_pages()
    {
        await WriteAsync(tx =>
        {
            for (var version = 0; version < 2500; version++)
            {
                tx.Set(Key.MetaRowset("i", 1, version), new RowsetMetaCloudPB { RowsetId = 0, EndVersion = version });
            }
        });

        (await VersionsAsync(KeyRanges.Rowsets("i", 1))).Should().Equal(Enumerable.Range(0, 2500).Select(v => (long)v));
    }

    [Fact]
    public async Task A_counter_of_the_wrong_length_is_an_error()
    {
        await WriteAsync(tx => tx.Set(Key.InstanceUpdate().Bytes, new byte[] { 1, 2, 3 }));

        using var reader = _store.BeginRead();
        await reader.Awaiting(r => r.GetAsync(Key.InstanceUpdate()).AsTask())
            .Should().ThrowAsync<InvalidDataException>().WithMessage("a counter of 3 bytes instead of 8");
    }

    [Fact]
    public void A_prefix_of_0xFF_bytes_has_no_range()
    {
        KeyRange.Prefix([0x01, 0xFF, 0xFF]).End.Should().Equal(0x02);
        FluentActions.Invoking(() => KeyRange.Prefix([0xFF])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => KeyRange.Prefix([])).Should().Throw<ArgumentException>();
    }

    private async Task<List<long>> VersionsAsync(RecordRange<RowsetMetaCloudPB> range)
    {
        using var reader = _store.BeginRead();
        var versions = new List<long>();
        await foreach (var rowset in reader.ScanAsync(range))
        {
            rowset.Fields.Number("version").Should().Be(rowset.Record.EndVersion);
            versions.Add(rowset.Record.EndVersion);
        }

        return versions;
    }

    private async Task<KvCommit> WriteAsync(Action<IKvTransaction> write)
    {
        using var transaction = _store.BeginTransaction();
        write(transaction);
        var commit = await transaction.CommitAsync();
        commit.IsCommitted.Should().BeTrue();
        return commit;
    }
}
