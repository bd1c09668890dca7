using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Domain.Instances;

/// <summary>Finds out which instance a request is about.</summary>
public static class InstanceResolver
{
    private const string DirectPrefix = "1:";

    /// <summary>
    /// The instance named by <paramref name="instanceId"/> if given, else by <paramref name="cloudUniqueId"/>:
    /// <c>1:INSTANCE:ANYTHING</c> names its instance directly, anything else must be a registered node.
    /// </summary>
    /// <exception cref="MetaServiceException">Both are empty, malformed, or the node is unknown.</exception>
    public static async ValueTask<string> ResolveAsync(
        IKvReader reader, string? instanceId, string? cloudUniqueId, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(instanceId))
        {
            return Check.InstanceId(instanceId);
        }

        if (string.IsNullOrEmpty(cloudUniqueId))
        {
            throw Errors.Invalid("instance_id or cloud_unique_id is required and must not be empty");
        }

        return await ResolveAsync(reader, cloudUniqueId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The instance of a cloud_unique_id, which must be given.</summary>
    /// <exception cref="MetaServiceException">It is empty, malformed, or the node is unknown.</exception>
    public static async ValueTask<string> ResolveAsync(IKvReader reader, string? cloudUniqueId, CancellationToken cancellationToken)
    {
        Check.Name(cloudUniqueId, "cloud_unique_id", Check.CloudUniqueIdLength);
        if (DirectInstance(cloudUniqueId!) is { } direct)
        {
            return Check.InstanceId(direct);
        }

        var owner = await reader.GetAsync(Key.NodeOwner(cloudUniqueId!), cancellationToken: cancellationToken).ConfigureAwait(false);
        return owner?.InstanceId ?? throw Errors.UnresolvedInstance();
    }

    /// <summary>The instance that a request names without a look into the store, if any; it may not be a valid id.</summary>
    public static string? NamedInstance(string? instanceId, string? cloudUniqueId) =>
        !string.IsNullOrEmpty(instanceId) ? instanceId : cloudUniqueId is null ? null : DirectInstance(cloudUniqueId);

    /// <summary>The instance inside <c>1:INSTANCE:ANYTHING</c>, or null when the id is not of that form.</summary>
    public static string? DirectInstance(string cloudUniqueId)
    {
        if (!cloudUniqueId.StartsWith(DirectPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var end = cloudUniqueId.IndexOf(':', DirectPrefix.Length);
        return end > DirectPrefix.Length ? cloudUniqueId[DirectPrefix.Length..end] : null;
    }
}
