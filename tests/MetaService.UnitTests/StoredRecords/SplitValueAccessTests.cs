using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.UnitTests.StoredRecords;

public sealed class SplitValueAccessTests : IAsyncDisposable
{
    private static readonly SplitBytesKey Bitmap = Key.DeleteBitmap("i", 1, "r", 2, 3);

    private readonly InMemoryKvStore _store = new(TimeProvider.System);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(SplitValueAccess.ChunkBytes, 1)]
    [InlineData(SplitValueAccess.ChunkBytes + 1, 2)]
    [InlineData((3 * SplitValueAccess.ChunkBytes) - 1, 3)]
    public async Task A_value_of_any_length_comes_back_from_its_chunks(int length, int chunks)
    {
        var value = new byte[length];
        new Random(length).NextBytes(value);
        await WriteAsync(tx => tx.Set(Bitmap, value));

        (await ReadAsync(r => r.GetAsync(Bitmap))).Should().Equal(value);
        var pairs = await PairsAsync();
        pairs.Should().HaveCount(chunks);
        pairs.Should().OnlyContain(p => p.Value.Length <= SplitValueAccess.ChunkBytes);
    }

    [Fact]
    public async Task A_schema_lies_where_upstream_puts_it()
    {
        var key = Key.MetaSchema("x1", 30001, 0);
        await WriteAsync(tx => tx.Set(key, new TabletSchemaCloudPB { SchemaVersion = 5 }));

        (await PairsAsync()).Select(p => Convert.ToHexStringLower(p.Key)).Should().Equal(
            "01106d6574610001107831000110736368656d610001120000000000007531120000000000000000120100000000000000");
        (await ReadAsync(r => r.GetAsync(key)))!.SchemaVersion.Should().Be(5);

        await WriteAsync(tx => tx.Clear(key));
        (await ReadAsync(r => r.GetAsync(key))).Should().BeNull();
    }

    [Fact]
    public async Task A_value_under_the_bare_key_is_read_as_it_is()
    {
        await WriteAsync(tx => tx.Set(Bitmap.Bytes, new byte[] { 7 }));

        (await ReadAsync(r => r.GetAsync(Bitmap))).Should().Equal(7);
    }

    [Fact]
    public async Task Writing_replaces_an_unsplit_value_and_chunks_of_another_version()
    {
        var neighbour = Key.DeleteBitmap("i", 1, "r", 2, 4);
        await WriteAsync(tx =>
        {
            tx.Set(Bitmap with { ValueVersion = 127 }, new byte[3 * SplitValueAccess.ChunkBytes]);
            tx.Set(Bitmap.Bytes, new byte[] { 7 });
            tx.Set(neighbour, new byte[] { 9 });
        });
        (await PairsAsync()).Should().HaveCount(5);

        await WriteAsync(tx => tx.Set(Bitmap, new byte[] { 8 }));
        (await ReadAsync(r => r.GetAsync(Bitmap))).Should().Equal(8);
        (await PairsAsync()).Should().HaveCount(2);

        await WriteAsync(tx => tx.Clear(Bitmap));
        (await ReadAsync(r => r.GetAsync(Bitmap))).Should().BeNull();
        (await ReadAsync(r => r.GetAsync(neighbour))).Should().Equal(9);
    }

    [Theory]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { 0, 2 })]
    [InlineData(new long[] { 0, 1, 1L << 56 })]
    public async Task Chunks_that_do_not_belong_together_are_an_error(long[] numbers)
    {
        await WriteAsync(tx =>
        {
            foreach (var number in numbers)
            {
                tx.Set(new ParsedKey(KeySpace.DeleteBitmap, ["i", 1, "r", 2, 3], number).Encode(), new byte[] { 1 });
            }
        });

        await this.Awaiting(t => t.ReadAsync(r => r.GetAsync(Bitmap))).Should().ThrowAsync<InvalidDataException>();
    }

    [Fact]
    public async Task A_key_among_the_chunks_that_is_none_is_an_error()
    {
        await WriteAsync(tx => tx.Set((byte[])[.. Bitmap.Bytes, 0x10, 0x00, 0x01], new byte[] { 1 }));

        await this.Awaiting(t => t.ReadAsync(r => r.GetAsync(Bitmap))).Should().ThrowAsync<InvalidDataException>();
    }

    [Fact]
    public void A_value_version_has_seven_bits()
    {
        using var transaction = _store.BeginTransaction();

        transaction.Invoking(tx => tx.Set(Bitmap with { ValueVersion = 128 }, new byte[1]))
            .Should().Throw<ArgumentOutOfRangeException>();
    }

    private async Task<T> ReadAsync<T>(Func<IKvReader, ValueTask<T>> read)
    {
        using var reader = _store.BeginRead();
        return await read(reader);
    }

    private async Task<IReadOnlyList<KvPair>> PairsAsync() =>
        (await ReadAsync(r => r.GetRangeAsync(new byte[] { 0x01 }, new byte[] { 0x02 }))).Pairs;

    private async Task WriteAsync(Action<IKvTransaction> write)
    {
        using var transaction = _store.BeginTransaction();
        write(transaction);
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }
}
