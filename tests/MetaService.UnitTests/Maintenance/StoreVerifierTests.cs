using MetaService.Keys;
using MetaService.Maintenance.Verification;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Maintenance;

/// <summary>How a verification goes through a store.</summary>
public sealed class StoreVerifierTests : IAsyncDisposable
{
    private readonly InMemoryKvStore _store = new(TimeProvider.System);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Each_key_is_counted_once_and_by_its_type()
    {
        await ChangeAsync(t =>
        {
            t.SetClear(Key.Instance("i"), new InstanceInfoPB { InstanceId = "i" });
            for (var i = 0; i < 1000; i++)
            {
                t.Add(Key.TableVersion("i", 1, i), 1);
            }

            t.Set(new byte[] { 7 }, Array.Empty<byte>());
        });

        var (defects, summary) = await Verified.RunAsync(_store);

        defects.Should().ContainSingle(d => d.Kind == DefectKinds.UnknownKey);
        (summary.Keys, summary.Records).Should().Be((1002, 1001));
        summary.Types.Select(t => (t.Definition.Name, t.Count.Keys, t.Count.Records)).Should()
            .Equal(("InstanceKey", 1, 1), ("TableVersionKey", 1000, 1000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public async Task A_value_in_more_chunks_than_a_page_is_one_value(int keysBefore)
    {
        const int Chunks = 600;
        var bitmap = Key.DeleteBitmap("i", 1, "r", 2, 3);
        await ChangeAsync(t =>
        {
            for (var i = 0; i < keysBefore; i++)
            {
                t.Set(Key.CopyJob("i", "s", i, "c", 0), new CopyJobPB());
            }

            t.SetClear(Key.Instance("i"), new InstanceInfoPB { InstanceId = "i" });
        });
        for (var i = 0; i < Chunks; i += 50)
        {
            await ChangeAsync(t =>
            {
                for (var j = i; j < i + 50; j++)
                {
                    t.Set(Chunk(bitmap.Bytes, j), new byte[] { 1 });
                }
            });
        }

        var (defects, summary) = await Verified.RunAsync(_store);
        defects.Should().BeEmpty();
        (summary.Keys, summary.Records).Should().Be((keysBefore + 1 + Chunks, keysBefore + 2));

        await ChangeAsync(t => t.Clear(Chunk(bitmap.Bytes, 400)));
        var gap = (await Verified.DefectsAsync(_store)).Should().ContainSingle().Subject;
        gap.Kind.Should().Be(DefectKinds.BrokenSplitValue);
        gap.Problem.Should().StartWith("chunk 400 is missing before chunk 401");
        gap.Where.Should().Be("MetaDeleteBitmap instance_id=i tablet_id=1 rowset_id=r version=2 seg_id=3");
    }

    [Fact]
    public async Task A_slow_store_is_read_at_many_versions_and_nothing_is_left_out()
    {
        await using var slow = await FillAsync();
        var time = new FakeTimeProvider { AutoAdvanceAmount = KvLimits.TransactionAge };
        var defects = new List<Defect>();
        var pages = 0;

        var summary = await new StoreVerifier(new TransactionRunner(slow, TimeProvider.System), time)
            .RunAsync(defects.Add, _ => pages++);

        defects.Select(d => d.Key!.Number("txn_id")).Should().Equal(Enumerable.Range(0, 100).Select(i => (long)i));
        (summary.Keys, pages).Should().Be((101, 101));
    }

    [Fact]
    public async Task A_version_that_gets_too_old_is_given_up_for_a_newer_one()
    {
        await using var store = await FillAsync();
        await using var aging = new AgingStore(store, readsPerVersion: 7);
        var defects = new List<Defect>();

        var runner = new TransactionRunner(aging, TimeProvider.System);
        var summary = await new StoreVerifier(runner, TimeProvider.System).RunAsync(defects.Add);

        defects.Select(d => d.Key!.Number("txn_id")).Should().Equal(Enumerable.Range(0, 100).Select(i => (long)i));
        summary.Keys.Should().Be(101);
        aging.Versions.Should().BeGreaterThan(10);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_an_error_and_no_answer()
    {
        await _store.DisposeAsync();
        var options = new TransactionRunnerOptions { Deadline = TimeSpan.Zero };
        var verifier = new StoreVerifier(new TransactionRunner(_store, TimeProvider.System, options), TimeProvider.System);
        (await verifier.Invoking(v => v.RunAsync(_ => { })).Should().ThrowAsync<KvException>())
            .Which.Error.Should().Be(KvError.Unavailable);
    }

    [Fact]
    public async Task A_defect_names_its_key_in_words_on_one_line()
    {
        await ChangeAsync(t =>
        {
            t.Set(Key.NodeOwner("a b\nc"), new NodeOwnerPB { InstanceId = "x\ny" });
            t.Set(Key.NodeOwner("d"), new NodeOwnerPB());
            t.Set(Enumerable.Repeat((byte)0x7A, 300).ToArray(), new byte[] { 1 });
        });

        var lines = (await Verified.DefectsAsync(_store)).Select(d => d.ToString()).ToList();

        lines[0].Should().Be(
            """owner_without_node: NodeOwnerKey cloud_unique_id="a b\nc": it names instance "x\ny", which there is not; to do: """
            + DefectKinds.OwnerWithoutNode.Remedy);
        lines[1].Should().StartWith("""owner_without_node: NodeOwnerKey cloud_unique_id=d: it names instance "", """);
        lines[2].Should().StartWith("unknown_key: key 7a7a7a").And.Contain("... (300 bytes): ");
    }

    /// <summary>An instance with a hundred running transactions, none of which is there.</summary>
    private static async Task<InMemoryKvStore> FillAsync()
    {
        var store = new InMemoryKvStore(TimeProvider.System);
        await new TransactionRunner(store, TimeProvider.System).RunAsync((t, _) =>
        {
            t.SetClear(Key.Instance("i"), new InstanceInfoPB { InstanceId = "i" });
            for (var i = 0; i < 100; i++)
            {
                t.Set(Key.TxnRunning("i", 1, i), new TxnRunningPB());
            }

            return ValueTask.FromResult(true);
        });
        return store;
    }

    private Task ChangeAsync(Action<IKvTransaction> change) =>
        new TransactionRunner(_store, TimeProvider.System).RunAsync((transaction, _) =>
        {
            change(transaction);
            return ValueTask.FromResult(true);
        });

    private static byte[] Chunk(byte[] key, int sequence)
    {
        var chunk = new byte[key.Length + OrderedCodec.Int64Length];
        key.CopyTo(chunk, 0);
        OrderedCodec.WriteInt64(sequence, chunk.AsSpan(key.Length));
        return chunk;
    }

    /// <summary>A store whose versions allow for some reads only, and then are too old.</summary>
    private sealed class AgingStore(IKvStore inner, int readsPerVersion) : KvStoreDecorator(inner)
    {
        public int Versions { get; private set; }

        public override IKvReader BeginRead()
        {
            Versions++;
            return new Reader(Inner.BeginTransaction(), readsPerVersion);
        }

        private sealed class Reader(IKvTransaction inner, int reads) : KvTransactionDecorator(inner)
        {
            private int _left = reads;

            public override ValueTask<byte[]?> GetAsync(
                ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
            {
                Age();
                return base.GetAsync(key, snapshot, cancellationToken);
            }

            public override ValueTask<KvRange> GetRangeAsync(
                ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options = default,
                CancellationToken cancellationToken = default)
            {
                Age();
                return base.GetRangeAsync(begin, end, options, cancellationToken);
            }

            private void Age()
            {
                if (_left-- == 0)
                {
                    throw new KvException(KvError.TooOld, "the read version is too old");
                }
            }
        }
    }
}
