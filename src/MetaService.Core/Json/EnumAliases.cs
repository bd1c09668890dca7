using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>Other names under which enum values are read. They are never written.</summary>
public static class EnumAliases
{
    private static readonly FrozenDictionary<string, KeyValuePair<string, string>[]> ByEnum =
        new Dictionary<string, KeyValuePair<string, string>[]>
        {
            // The API document calls a suspended cluster stopped.
            ["doris.cloud.ClusterStatus"] = [new("STOPPED", "SUSPENDED")],
        }.ToFrozenDictionary();

    /// <summary>Pairs of an alias and the value it stands for.</summary>
    public static IEnumerable<KeyValuePair<string, EnumValueDescriptor>> Of(EnumDescriptor descriptor) =>
        ByEnum.TryGetValue(descriptor.FullName, out var aliases)
            ? aliases.Select(alias => KeyValuePair.Create(alias.Key, descriptor.FindValueByName(alias.Value)))
            : [];
}
