using System.Text;
using MetaService.Storage;
using MetaService.Storage.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.Embedded;

public class ConflictHistoryTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConflictHistory _history;

    public ConflictHistoryTests() => _history = new ConflictHistory(_time);

    [Theory]
    [InlineData("b", null, KvError.Conflict)]
    [InlineData("c", null, KvError.None)]
    [InlineData("a", "b", KvError.None)]
    [InlineData("a", "b0", KvError.Conflict)]
    [InlineData("b", "c", KvError.Conflict)]
    [InlineData("b0", "k", KvError.None)]
    [InlineData("k", null, KvError.Conflict)]
    [InlineData("l", null, KvError.Conflict)]
    [InlineData("m", null, KvError.None)]
    [InlineData("c", "k", KvError.None)]
    [InlineData("c", "k0", KvError.Conflict)]
    [InlineData("l", "z", KvError.Conflict)]
    [InlineData("m", "z", KvError.None)]
    public void A_write_to_key_b_and_a_clear_from_k_to_m_conflict_with(string begin, string? end, KvError expected)
    {
        Commit(10, writes =>
        {
            writes.Set(Bytes("b"), []);
            writes.ClearRange(Bytes("k"), Bytes("m"));
        });
        _history.Check(9, Reads(begin, end), out _).Should().Be(expected);
        _history.Check(10, Reads(begin, end), out _).Should().Be(KvError.None, "a reader at version 10 has seen it");
    }

    [Fact]
    public void Additions_and_versionstamped_writes_are_writes()
    {
        Commit(10, writes =>
        {
            writes.AtomicAdd(Bytes("add"), 1);
            writes.SetVersionstampedValue(Bytes("value"), new byte[10], 0);
            writes.SetVersionstampedKey([.. Bytes("key"), .. new byte[10]], 3, []);
        });
        _history.Check(9, Reads("add"), out _).Should().Be(KvError.Conflict);
        _history.Check(9, Reads("value"), out _).Should().Be(KvError.Conflict);
        _history.Check(9, Reads("key", "kez"), out _).Should().Be(KvError.Conflict);
    }

    [Fact]
    public void What_nobody_can_ask_for_is_forgotten_and_asking_for_it_is_too_old()
    {
        Commit(10, writes => writes.Set(Bytes("a"), []));
        Commit(20, writes => writes.Set(Bytes("a"), []));
        Commit(30, writes => writes.ClearRange(Bytes("b"), Bytes("c")));
        _history.Prune(oldestReadVersion: 19);
        _history.Versions.Should().Be(2);
        _history.Check(10, Reads("a"), out _).Should().Be(KvError.Conflict);
        _history.Check(9, Reads("z"), out _).Should().Be(KvError.TooOld);
        _history.Check(9, new ReadConflicts(), out _).Should().Be(KvError.None, "it read nothing");
        _history.Prune(oldestReadVersion: 20);
        _history.Check(20, Reads("a"), out _).Should().Be(KvError.None);
        _history.Check(20, Reads("b"), out _).Should().Be(KvError.Conflict);
    }

    [Fact]
    public void Nothing_is_remembered_longer_than_a_transaction_may_take()
    {
        Commit(10, writes => writes.Set(Bytes("a"), []));
        _time.Advance(KvLimits.TransactionAge);
        _history.Prune(oldestReadVersion: 0);
        _history.Versions.Should().Be(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _history.Prune(oldestReadVersion: 0);
        _history.Versions.Should().Be(0);
        _history.Check(9, Reads("a"), out _).Should().Be(KvError.TooOld);
    }

    private void Commit(long version, Action<MutationBuffer> write)
    {
        var writes = new MutationBuffer();
        write(writes);
        _history.Add(new Versionstamp(version, 0), writes);
    }

    private static ReadConflicts Reads(string begin, string? end = null)
    {
        var reads = new ReadConflicts();
        if (end is null)
        {
            reads.Add(Bytes(begin));
        }
        else
        {
            reads.Add(new KeyRange(Bytes(begin), Bytes(end)));
        }

        return reads;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
