using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.UnitTests.StoredRecords;

/// <summary>A record that is fetched only after it was written is the one that a plain read would give.</summary>
public sealed class SeldomWrittenTests : IDisposable
{
    private static readonly byte[] Place = Key.NodeOwner("n").Bytes;

    private readonly InMemoryKvStore _store = new(TimeProvider.System);
    private readonly SeldomWritten<NodeOwnerPB> _record;

    public SeldomWrittenTests() => _record = new SeldomWritten<NodeOwnerPB>(_store, Place);

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Fact]
    public async Task It_is_fetched_once_and_again_after_a_write()
    {
        (await ReadAsync()).Should().BeNull();
        (await FetchesAsync()).Should().Be(0);
        await WriteAsync("a");
        (await FetchesAsync()).Should().Be(1);
        (await FetchesAsync()).Should().Be(0);
        (await ReadAsync()).Should().Be("a");
        await ClearAsync();
        (await ReadAsync()).Should().BeNull();
    }

    [Fact]
    public async Task A_reader_of_an_earlier_version_gets_what_was_there_then()
    {
        await WriteAsync("a");
        using var early = _store.BeginRead();
        await early.GetReadVersionAsync();
        await WriteAsync("b");
        (await ReadAsync()).Should().Be("b");
        (await _record.GetAsync(early, default))!.InstanceId.Should().Be("a");
        (await ReadAsync()).Should().Be("b", "what the earlier one was given is of no use to others");
    }

    [Fact]
    public async Task The_trace_has_its_key_though_it_was_not_fetched()
    {
        await ReadAsync();
        var trace = new ReadTrace();
        await new TransactionRunner(_store, TimeProvider.System).ReadAsync((reader, token) => _record.GetAsync(reader, token), trace, default);
        trace.Places.Should().Equal(WriteStamps.PlaceOf(Place));
    }

    private async Task<string?> ReadAsync()
    {
        using var reader = _store.BeginRead();
        return (await _record.GetAsync(reader, default))?.InstanceId;
    }

    /// <summary>How often a reading fetches it.</summary>
    private async Task<int> FetchesAsync()
    {
        using var reader = new CountingReader(_store.BeginRead());
        await _record.GetAsync(reader, default);
        return reader.Count;
    }

    private Task WriteAsync(string instanceId) =>
        CommitAsync(t => t.Set(Place, new NodeOwnerPB { InstanceId = instanceId }.ToByteArray()));

    private Task ClearAsync() => CommitAsync(t => t.Clear(Place));

    private async Task CommitAsync(Action<IKvTransaction> change)
    {
        using var transaction = _store.BeginTransaction();
        change(transaction);
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }

    private sealed class CountingReader(IKvReader inner) : IKvReader
    {
        public int Count { get; private set; }

        public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default) =>
            inner.GetReadVersionAsync(cancellationToken);

        public ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
        {
            Count++;
            return inner.GetAsync(key, snapshot, cancellationToken);
        }

        public ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options = default,
            CancellationToken cancellationToken = default) => inner.GetRangeAsync(begin, end, options, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
