using System.Security.Cryptography;
using System.Text;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

/// <summary>
/// What every store behind the storage seam must do. A store is tested by a subclass that opens it; the tests are in the other
/// files of this class, one per subject.
/// </summary>
/// <remarks>
/// The store may be shared and is never assumed to be empty: a test touches only keys under <see cref="Prefix"/>, which is new for
/// each test. Helpers take the rest of a key as text, and values too.
/// </remarks>
public abstract partial class KvStoreConformance : IAsyncLifetime
{
    private IKvStore? _store;

    /// <summary>Opens the store under test; called once per test. The suite disposes it.</summary>
    protected abstract ValueTask<IKvStore> OpenAsync();

    /// <summary>Lets the store's own clock advance: a step of a fake clock where the store takes one, else a real wait.</summary>
    protected abstract Task LetTimePassAsync(TimeSpan time);

    /// <summary>The part of the keys that belongs to this test alone.</summary>
    protected virtual byte[] Prefix { get; } = [.. "conformance/"u8, .. RandomNumberGenerator.GetBytes(8)];

    /// <summary>The longest key that the store takes, in bytes; less than the limit where the store adds a prefix of its own.</summary>
    protected virtual int MaxKeyBytes => KvLimits.KeyBytes;

    /// <summary>Whether the store belongs to the test alone, so that its versions may jump.</summary>
    protected virtual bool VersionsMayJump => true;

    /// <summary>The store under test.</summary>
    protected IKvStore Store => _store ?? throw new InvalidOperationException("the store is not open yet");

    public virtual async Task InitializeAsync() => _store = await OpenAsync();

    /// <summary>Opens the store again after a test has closed it, for the clean-up.</summary>
    private async Task ReopenAsync() => _store = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        if (_store is null)
        {
            return;
        }

        using (var cleanup = _store.BeginTransaction())
        {
            cleanup.ClearRange(Prefix, End);
            await cleanup.CommitAsync();
        }

        await _store.DisposeAsync();
    }

    /// <summary>The end of all keys of this test.</summary>
    private byte[] End => [.. Prefix, 0xFF];

    private byte[] Key(string rest) => [.. Prefix, .. Bytes(rest)];

    private byte[] Key(ReadOnlySpan<byte> rest) => [.. Prefix, .. rest];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);

    private void Set(IKvTransaction transaction, string key, string value) => transaction.Set(Key(key), Bytes(value));

    private void Clear(IKvTransaction transaction, string key) => transaction.Clear(Key(key));

    private void ClearRange(IKvTransaction transaction, string begin, string end) => transaction.ClearRange(Key(begin), Key(end));

    private async Task<string?> GetAsync(IKvReader reader, string key, bool snapshot = false) =>
        Text(await reader.GetAsync(Key(key), snapshot));

    /// <summary>The pairs of a range as <c>key=value</c>, in the order in which the store gave them.</summary>
    private async Task<string[]> GetRangeAsync(
        IKvReader reader, string begin, string end, int limit = 0, bool reverse = false, bool snapshot = false) =>
        Show(await reader.GetRangeAsync(Key(begin), Key(end), new KvRangeOptions(limit, reverse, snapshot)));

    private string[] Show(KvRange range) =>
        [.. range.Pairs.Select(pair => $"{Encoding.UTF8.GetString(pair.Key.AsSpan(Prefix.Length))}={Text(pair.Value)}")];

    /// <summary>Commits and expects success.</summary>
    private static async Task<Versionstamp?> MustCommitAsync(IKvTransaction transaction)
    {
        var commit = await transaction.CommitAsync();
        commit.Error.Should().Be(KvError.None, commit.Detail);
        commit.IsCommitted.Should().BeTrue();
        return commit.Versionstamp;
    }

    /// <summary>Makes changes in a transaction of their own.</summary>
    private async Task<Versionstamp?> WriteAsync(Action<IKvTransaction> changes)
    {
        using var transaction = Store.BeginTransaction();
        changes(transaction);
        return await MustCommitAsync(transaction);
    }

    private Task<Versionstamp?> PutAsync(string key, string value) => WriteAsync(transaction => Set(transaction, key, value));

    /// <summary>Writes each key with its own name as the value.</summary>
    private Task<Versionstamp?> PutAllAsync(params string[] keys) => WriteAsync(transaction =>
    {
        foreach (var key in keys)
        {
            Set(transaction, key, key);
        }
    });

    /// <summary>What a new reader sees.</summary>
    private async Task<string?> StoredAsync(string key)
    {
        using var reader = Store.BeginRead();
        return await GetAsync(reader, key);
    }

    private async Task<byte[]?> StoredBytesAsync(string key)
    {
        using var reader = Store.BeginRead();
        return await reader.GetAsync(Key(key));
    }

    /// <summary>All keys of this test that a new reader sees.</summary>
    private async Task<string[]> StoredAsync()
    {
        using var reader = Store.BeginRead();
        return Show(await reader.GetRangeAsync(Prefix, End));
    }

    private static async Task ShouldRefuseAsync(Func<Task> call, KvError error, string because = "") =>
        (await call.Should().ThrowAsync<KvException>(because)).Which.Error.Should().Be(error, because);

    private static void ShouldRefuse(Action call, KvError error, string because = "") =>
        call.Should().Throw<KvException>(because).Which.Error.Should().Be(error, because);
}
