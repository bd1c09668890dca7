using MetaService.Records.Cloud;

namespace MetaService.Server.Http;

/// <summary>Where a request record names its instance.</summary>
internal static class CallTarget<TRequest>
{
    private static readonly Func<TRequest, string>? InstanceIdOf = Getter("InstanceId");
    private static readonly Func<TRequest, string>? CloudUniqueIdOf = Getter("CloudUniqueId");

    // The one request in which cloud_unique_id goes before instance_id.
    private static readonly bool NodeGoesFirst = typeof(TRequest) == typeof(GetClusterRequest);

    /// <summary>The instance_id that counts, if the request has one.</summary>
    public static string? InstanceId(TRequest request) => NodeGoesFirst ? null : InstanceIdOf?.Invoke(request);

    /// <summary>The cloud_unique_id, if the request has one.</summary>
    public static string? CloudUniqueId(TRequest request) => CloudUniqueIdOf?.Invoke(request);

    private static Func<TRequest, string>? Getter(string name) => typeof(TRequest).GetProperty(name) is { } property &&
        property.PropertyType == typeof(string)
        ? property.GetMethod!.CreateDelegate<Func<TRequest, string>>()
        : null;
}
