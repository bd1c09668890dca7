namespace MetaService.Security;

/// <summary>Where a server has its keys from.</summary>
public interface IKeySource
{
    /// <summary>What to call it in messages, e.g. <c>the key file /etc/metaservice/secrets.key</c>.</summary>
    string Name { get; }

    /// <summary>How often to look whether the keys have changed; null where they cannot.</summary>
    TimeSpan? ReloadInterval { get; }

    /// <summary>The keys; null when there are none yet and <see cref="CreateAsync"/> may make the first.</summary>
    /// <exception cref="SecretKeyException">They cannot be read.</exception>
    Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Makes the first key, durably.</summary>
    /// <exception cref="SecretKeyException">It cannot be kept.</exception>
    Task<SecretKeyring> CreateAsync(CancellationToken cancellationToken) => throw new NotSupportedException($"{Name} has keys");
}
