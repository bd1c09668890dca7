using MetaService.Security;

namespace MetaService.Bench.Scale;

/// <summary>A single key to seal with.</summary>
internal sealed class OneKey(SecretKey key) : IKeySource
{
    public string Name => "the key of this run";

    public TimeSpan? ReloadInterval => null;

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<SecretKeyring?>(new SecretKeyring([key], key.Id));
}
