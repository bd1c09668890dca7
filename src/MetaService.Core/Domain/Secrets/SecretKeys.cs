using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Domain.Secrets;

/// <summary>
/// The keys of a running server. They are read at the start, every now and then, and when a record names a key that is not among
/// them; keys that cannot be read or are not the right ones leave those in use as they are.
/// </summary>
public sealed class SecretKeys(IKeySource source, SecretOptions options, TransactionRunner runner, TimeProvider time)
    : IDisposable
{
    /// <summary>Pause between two readings because of unknown keys, which may be many at once.</summary>
    private static readonly TimeSpan RereadPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly KeyUse _use = new(runner.Store);
    private SecretKeyring? _keyring;
    private long? _reread;

    /// <summary>Where they come from.</summary>
    public IKeySource Source { get; } = source;

    /// <summary>The keys in use.</summary>
    public SecretKeyring Keyring =>
        Volatile.Read(ref _keyring) ?? throw new InvalidOperationException("the keys have not been read yet");

    /// <summary>The ids of the keys that secrets of a store are sealed with.</summary>
    public static Task<IReadOnlyCollection<long>> IdsInUseAsync(TransactionRunner store, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyCollection<long>>(
            async (reader, token) => (await KeyChecks.LoadAsync(reader, token).ConfigureAwait(false)).Keys, cancellationToken);

    /// <summary>
    /// Reads the keys, makes the first one where there is none, and checks them against the store.
    /// </summary>
    /// <exception cref="SecretKeyException">They cannot be read, or are not those of the store.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var checks = await runner.ReadAsync(KeyChecks.LoadAsync, cancellationToken).ConfigureAwait(false);
        var usesOwnKeys = !options.UsesUpstreamMethod();
        var keyring = await Source.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (keyring is null && checks.Count > 0)
        {
            throw new SecretKeyException(
                $"{Source.Name} is missing, and secrets of this store are sealed with key {string.Join(", ", checks.Keys)}; "
                + "put it back from a backup: without it they are lost");
        }

        keyring ??= usesOwnKeys ? await Source.CreateAsync(cancellationToken).ConfigureAwait(false) : SecretKeyring.Empty;
        KeyChecks.Verify(checks, keyring, Source.Name);
        Volatile.Write(ref _keyring, keyring);
        if (usesOwnKeys && !checks.ContainsKey(CurrentOf(keyring).Id))
        {
            await NoteUseAsync(CurrentOf(keyring), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the keys again. Answers whether they have changed.</summary>
    /// <exception cref="SecretKeyException">They cannot be used; those in use stay.</exception>
    public async Task<bool> ReloadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>
    /// The key with an id, after another look at the source if it is not among those in use; null when it is not there either.
    /// </summary>
    public async ValueTask<SecretKey?> FindAsync(long id, CancellationToken cancellationToken)
    {
        if (Keyring.Find(id) is { } key)
        {
            return key;
        }

        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Keyring.Find(id) is null && (_reread is null || time.GetElapsedTime(_reread.Value) >= RereadPause))
            {
                await ReadAsync(cancellationToken).ConfigureAwait(false);
                _reread = time.GetTimestamp();
            }
        }
        catch (SecretKeyException)
        {
            // The caller reports the missing key; what is wrong with the source is logged by whoever reloads it regularly.
            _reread = time.GetTimestamp();
        }
        finally
        {
            _reading.Release();
        }

        return Keyring.Find(id);
    }

    /// <summary>Notes in a transaction that it seals with a key.</summary>
    /// <exception cref="MetaServiceException">Others seal with another key of that id.</exception>
    internal ValueTask NoteUseAsync(IKvTransaction transaction, SecretKey key, CancellationToken cancellationToken) =>
        _use.NoteAsync(transaction, key, cancellationToken);

    public void Dispose() => _reading.Dispose();

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await Source.LoadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new SecretKeyException($"{Source.Name} is missing");
        var inUse = Keyring;
        if (found.IsSame(inUse))
        {
            return false;
        }

        var changed = found.Ids.FirstOrDefault(id => inUse.Find(id) is { } known && !known.HasSameMaterial(found.Find(id)!));
        if (changed > 0)
        {
            throw new SecretKeyException($"key {changed} in {Source.Name} is another one than before; a new key needs a new id");
        }

        var checks = await runner.ReadAsync(KeyChecks.LoadAsync, cancellationToken).ConfigureAwait(false);
        KeyChecks.Verify(checks, found, Source.Name);
        Volatile.Write(ref _keyring, found);
        return true;
    }

    private Task NoteUseAsync(SecretKey key, CancellationToken cancellationToken) => runner.RunAsync(
        async (transaction, token) =>
        {
            await NoteUseAsync(transaction, key, token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private static SecretKey CurrentOf(SecretKeyring keyring) =>
        keyring.Current ?? throw new InvalidOperationException("a source gave a keyring without keys");
}
