using System.Security.Cryptography;
using System.Text;
using MetaService.Domain.Secrets;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.UnitTests.Security;

/// <summary>Keys that a test chooses and may change while a server uses them.</summary>
internal sealed class TestKeys(SecretKeyring keyring) : IKeySource
{
    /// <summary>Key 1 only.</summary>
    public TestKeys()
        : this(Ring(1, 1))
    {
    }

    public SecretKeyring Keyring { get; set; } = keyring;

    /// <summary>What reading them fails with, if it is to.</summary>
    public string? Fault { get; set; }

    /// <summary>How often they were read.</summary>
    public int Loads { get; private set; }

    public string Name => "the keys of the test";

    public TimeSpan? ReloadInterval => null;

    /// <summary>The key with an id, always the same one.</summary>
    public static SecretKey Of(long id) => new(id, SHA256.HashData(Encoding.ASCII.GetBytes($"key {id}")));

    /// <summary>Another key with that id.</summary>
    public static SecretKey Other(long id) => new(id, SHA256.HashData(Encoding.ASCII.GetBytes($"other key {id}")));

    public static SecretKeyring Ring(long current, params long[] ids) => new(ids.Select(Of), current);

    /// <summary>What seals with these keys, ready for use.</summary>
    public static SealedRecords Sealing(TransactionRunner runner, TestKeys? source = null, SecretOptions? options = null) =>
        new(Started(runner, source ?? new TestKeys(), options), options ?? new SecretOptions());

    public static SecretKeys Started(TransactionRunner runner, TestKeys source, SecretOptions? options = null)
    {
        var keys = new SecretKeys(source, options ?? new SecretOptions(), runner, TimeProvider.System);
        keys.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return keys;
    }

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken)
    {
        Loads++;
        return Fault is null ? Task.FromResult<SecretKeyring?>(Keyring) : throw new SecretKeyException(Fault);
    }
}
