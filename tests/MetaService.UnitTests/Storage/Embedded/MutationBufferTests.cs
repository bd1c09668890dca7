using MetaService.Storage;
using MetaService.Storage.Embedded;

namespace MetaService.UnitTests.Storage.Embedded;

public class MutationBufferTests
{
    private static readonly Versionstamp Stamp = new(0x0102030405060708, 9);
    private static readonly byte[] StampBytes = [1, 2, 3, 4, 5, 6, 7, 8, 0, 9];

    private readonly MutationBuffer _buffer = new();

    [Fact]
    public void A_versionstamped_value_is_filled_in_at_commit_and_cannot_be_read_before()
    {
        _buffer.SetVersionstampedValue(Key("k"), [0xAA, .. new byte[10], 0xBB], 1);
        _buffer.Find(Key("k")).Invoking(write => write.Over(null)).Should().Throw<KvException>()
            .Which.Error.Should().Be(KvError.InvalidOperation);
        Applied()["k"].Should().Equal([0xAA, .. StampBytes, 0xBB]);
    }

    [Fact]
    public void A_versionstamped_key_is_filled_in_at_commit_and_stays_out_of_sight_before()
    {
        _buffer.SetVersionstampedKey([.. Key("k"), .. Enumerable.Repeat<byte>(0xFF, 10)], 1, Key("v"));
        _buffer.Writes(new KeyRange([], [0xFF]), reverse: false).Should().BeEmpty();
        var written = _buffer.WrittenKeys(Stamp).Single();
        written.Should().Equal([.. Key("k"), .. StampBytes]);
        var target = new Target();
        _buffer.ApplyTo(target, Stamp);
        target.Pairs.Should().ContainSingle().Which.Key.Should().Equal(written);
    }

    [Fact]
    public void A_placeholder_at_the_start_of_a_key_is_not_taken_for_a_reserved_key()
    {
        _buffer.SetVersionstampedKey(Enumerable.Repeat<byte>(0xFF, 10).ToArray(), 0, Key("v"));
        _buffer.WrittenKeys(Stamp).Single().Should().Equal(StampBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_range_clear_removes_versionstamped_keys_written_before_it_only(bool clearFirst)
    {
        Action[] steps =
        [
            () => _buffer.ClearRange(Key("k"), Key("l")),
            () => _buffer.SetVersionstampedKey([.. Key("k"), .. new byte[10]], 1, Key("v")),
        ];
        foreach (var step in clearFirst ? steps : steps.Reverse())
        {
            step();
        }

        var target = new Target();
        _buffer.ApplyTo(target, Stamp);
        target.Pairs.Should().HaveCount(clearFirst ? 1 : 0);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void A_versionstamp_needs_room(int offset)
    {
        _buffer.Invoking(b => b.SetVersionstampedValue(Key("k"), new byte[10], offset)).Should().Throw<KvException>()
            .Which.Error.Should().Be(KvError.InvalidOperation);
        _buffer.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void An_addition_folds_only_over_what_is_known()
    {
        _buffer.AtomicAdd(Key("blind"), 1);
        _buffer.AtomicAdd(Key("blind"), 2);
        _buffer.Set(Key("set"), [5]);
        _buffer.AtomicAdd(Key("set"), 1);
        _buffer.ClearRange(Key("x"), Key("y"));
        _buffer.AtomicAdd(Key("x1"), -1);
        _buffer.Find(Key("blind")).Should().Match<PendingWrite>(write => write.Kind == PendingKind.Add && write.Delta == 3);
        _buffer.Find(Key("set")).Kind.Should().Be(PendingKind.Set);
        _buffer.Find(Key("x1")).Kind.Should().Be(PendingKind.Set);
        var pairs = Applied();
        pairs["set"].Should().Equal(6, 0, 0, 0, 0, 0, 0, 0);
        pairs["x1"].Should().Equal(Enumerable.Repeat<byte>(0xFF, 8));
    }

    [Fact]
    public void Touching_ranges_become_one()
    {
        _buffer.ClearRange(Key("a"), Key("b"));
        _buffer.ClearRange(Key("e"), Key("f"));
        _buffer.ClearRange(Key("b"), Key("c"));
        _buffer.ClearedRanges.Should().HaveCount(2);
        _buffer.IsCleared(new KeyRange(Key("a1"), Key("c"))).Should().BeTrue();
        _buffer.IsCleared(new KeyRange(Key("a1"), Key("c1"))).Should().BeFalse();
        _buffer.ClearRange(Key("a5"), Key("e"));
        _buffer.ClearedRanges.Should().ContainSingle();
        _buffer.IsCleared(new KeyRange(Key("a"), Key("f"))).Should().BeTrue();
        _buffer.IsCleared(Key("f")).Should().BeFalse();
        _buffer.Size.Should().Be(2);
    }

    [Fact]
    public void A_write_over_the_limit_is_refused_and_changes_nothing()
    {
        var value = new byte[KvLimits.ValueBytes];
        const int Fitting = (KvLimits.TransactionBytes - 1000) / KvLimits.ValueBytes;
        for (var i = 0; i < Fitting; i++)
        {
            _buffer.Set(Key($"{i:d4}"), value);
        }

        var size = _buffer.Size;
        _buffer.Invoking(b => b.Set(Key("one more"), value)).Should().Throw<KvException>()
            .Which.Error.Should().Be(KvError.TooLarge);
        _buffer.Size.Should().Be(size);
        _buffer.Find(Key("one more")).Kind.Should().Be(PendingKind.None);

        // Writing a key again does not count twice, and a range clear gives its room back.
        _buffer.Set(Key("0000"), value);
        _buffer.Size.Should().Be(size);
        _buffer.ClearRange(Key("0000"), Key("0001"));
        _buffer.Set(Key("one more"), value.AsSpan(100));
    }

    private static byte[] Key(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private Dictionary<string, byte[]> Applied()
    {
        var target = new Target();
        _buffer.ApplyTo(target, Stamp);
        return target.Pairs.ToDictionary(pair => System.Text.Encoding.UTF8.GetString(pair.Key), pair => pair.Value);
    }

    private sealed class Target : IMutationTarget
    {
        public Dictionary<byte[], byte[]> Pairs { get; } = new(ByteKeyComparer.Instance);

        public byte[]? Get(byte[] key) => Pairs.GetValueOrDefault(key);

        public void Put(byte[] key, byte[] value) => Pairs[key] = value;

        public void Delete(byte[] key) => Pairs.Remove(key);

        public void DeleteRange(KeyRange range) =>
            Pairs.Keys.Where(key => range.Contains(key)).ToList().ForEach(key => Pairs.Remove(key));
    }
}
