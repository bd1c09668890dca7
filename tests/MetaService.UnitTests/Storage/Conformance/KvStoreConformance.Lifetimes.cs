using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    // FoundationDB forgets old versions in batches, a little after their five seconds are over.
    private static readonly TimeSpan TooLong = KvLimits.TransactionAge + TimeSpan.FromSeconds(3);

    private static readonly TimeSpan WellInTime = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_read_is_refused_when_its_version_is_too_old()
    {
        await PutAsync("a", "1");
        using var transaction = Store.BeginTransaction();
        using var reader = Store.BeginRead();
        await transaction.GetReadVersionAsync();
        await reader.GetReadVersionAsync();

        await LetTimePassAsync(TooLong);
        await PutAsync("b", "1");

        await ShouldRefuseAsync(() => GetAsync(transaction, "a"), KvError.TooOld, "read in a transaction");
        await ShouldRefuseAsync(() => GetRangeAsync(transaction, "a", "z"), KvError.TooOld, "range read in a transaction");
        await ShouldRefuseAsync(() => GetAsync(reader, "a"), KvError.TooOld, "read by a reader");
        await ShouldRefuseAsync(() => GetRangeAsync(reader, "a", "z"), KvError.TooOld, "range read by a reader");
    }

    [Fact]
    public async Task A_commit_is_refused_when_the_version_it_read_is_too_old()
    {
        await PutAsync("a", "1");
        using var transaction = Store.BeginTransaction();
        await GetAsync(transaction, "a");
        Set(transaction, "b", "1");

        await LetTimePassAsync(TooLong);
        await PutAsync("c", "1");
        var commit = await transaction.CommitAsync();

        commit.Error.Should().Be(KvError.TooOld);
        commit.IsCommitted.Should().BeFalse();
        (await StoredAsync("b")).Should().BeNull();
    }

    [Fact]
    public async Task A_transaction_in_time_reads_commits_and_conflicts_as_ever()
    {
        await PutAllAsync("a", "b");
        using var winner = Store.BeginTransaction();
        using var loser = Store.BeginTransaction();
        (await GetAsync(winner, "a")).Should().Be("a");
        (await GetAsync(loser, "b")).Should().Be("b");
        await PutAsync("b", "changed");

        await LetTimePassAsync(WellInTime);
        await PutAsync("c", "1");

        (await GetRangeAsync(loser, "b", "z")).Should().Equal("b=b");
        Set(winner, "w", "1");
        Set(loser, "l", "1");
        await MustCommitAsync(winner);
        (await loser.CommitAsync()).Error.Should().Be(KvError.Conflict, "it is remembered for as long as it matters");
    }

    [Fact]
    public async Task After_its_commit_a_transaction_can_only_be_disposed()
    {
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "1");
        await MustCommitAsync(transaction);

        await ShouldBeUnusableAsync(transaction);
        (await StoredAsync()).Should().Equal("a=1");
    }

    [Fact]
    public async Task After_a_failed_commit_a_transaction_can_only_be_disposed()
    {
        using var transaction = Store.BeginTransaction();
        await GetAsync(transaction, "a");
        Set(transaction, "b", "1");
        await PutAsync("a", "1");
        (await transaction.CommitAsync()).Error.Should().Be(KvError.Conflict);

        await ShouldBeUnusableAsync(transaction);
        (await StoredAsync()).Should().Equal("a=1");
    }

    [Fact]
    public async Task After_its_disposal_a_transaction_cannot_be_used()
    {
        var transaction = Store.BeginTransaction();
        Set(transaction, "a", "1");
        transaction.Dispose();

        await ShouldBeUnusableAsync(transaction);
        transaction.Dispose();
        (await StoredAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task After_its_disposal_a_reader_cannot_be_used()
    {
        var reader = Store.BeginRead();
        await GetAsync(reader, "a");
        reader.Dispose();

        await ShouldFailAsUnusableAsync(() => GetAsync(reader, "a"));
        await ShouldFailAsUnusableAsync(() => GetRangeAsync(reader, "a", "b"));
        reader.Dispose();
    }

    [Fact]
    public async Task A_cancelled_read_throws()
    {
        using var transaction = Store.BeginTransaction();
        using var reader = Store.BeginRead();
        var cancelled = new CancellationToken(canceled: true);

        await ShouldCancelAsync(() => transaction.GetAsync(Key("a"), cancellationToken: cancelled).AsTask());
        await ShouldCancelAsync(() => transaction.GetRangeAsync(Prefix, End, cancellationToken: cancelled).AsTask());
        await ShouldCancelAsync(() => reader.GetAsync(Key("a"), cancellationToken: cancelled).AsTask());
        await ShouldCancelAsync(() => reader.GetRangeAsync(Prefix, End, cancellationToken: cancelled).AsTask());
    }

    [Fact]
    public async Task A_commit_that_was_cancelled_before_it_began_applies_nothing()
    {
        using (var transaction = Store.BeginTransaction())
        {
            Set(transaction, "a", "1");
            await ShouldCancelAsync(() => transaction.CommitAsync(new CancellationToken(canceled: true)).AsTask());
        }

        await PutAsync("b", "1");
        (await StoredAsync()).Should().Equal("b=1");
    }

    [Fact]
    public async Task Many_open_transactions_that_are_forgotten_hurt_nobody()
    {
        await PutAsync("a", "1");
        for (var i = 0; i < 500; i++)
        {
            using var transaction = Store.BeginTransaction();
            await GetAsync(transaction, "a");
            Set(transaction, "b", "1");
        }

        (await StoredAsync()).Should().Equal("a=1");
    }

    private async Task ShouldBeUnusableAsync(IKvTransaction transaction)
    {
        await ShouldFailAsUnusableAsync(() => GetAsync(transaction, "a"));
        await ShouldFailAsUnusableAsync(() => GetRangeAsync(transaction, "a", "b"));
        await ShouldFailAsUnusableAsync(() => Declare(() => Set(transaction, "x", "1")));
        await ShouldFailAsUnusableAsync(() => Declare(() => Clear(transaction, "x")));
        await ShouldFailAsUnusableAsync(() => Declare(() => transaction.AtomicAdd(Key("x"), 1)));
        await ShouldFailAsUnusableAsync(() => transaction.CommitAsync().AsTask());
    }

    /// <summary>A mistake of the caller: either of the exceptions for one, never an answer.</summary>
    private static async Task ShouldFailAsUnusableAsync(Func<Task> call)
    {
        var thrown = (await call.Should().ThrowAsync<Exception>()).Which;
        if (thrown is KvException refused)
        {
            refused.Error.Should().Be(KvError.InvalidOperation);
        }
        else
        {
            thrown.Should().BeAssignableTo<InvalidOperationException>();
        }
    }

    private static async Task ShouldCancelAsync(Func<Task> call) => await call.Should().ThrowAsync<OperationCanceledException>();
}
