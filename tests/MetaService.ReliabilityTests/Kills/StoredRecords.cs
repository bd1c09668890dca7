using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.Kills;

/// <summary>What must hold between the records of a store, whoever wrote them and however that ended.</summary>
internal static class StoredRecords
{
    private static readonly byte[] First = [];
    private static readonly byte[] AfterLast = [KvLimits.ReservedFirstByte];

    /// <summary>
    /// The first thing that is wrong, or null: each node of an instance is in the index, under that instance, and the index holds
    /// no others; each vault that an instance lists is there, and there are no others.
    /// </summary>
    public static async Task<string?> ProblemAsync(IKvStore store)
    {
        var (nodes, owners) = (new HashSet<string>(), new HashSet<string>());
        var (listed, vaults) = (new HashSet<string>(), new HashSet<string>());
        using var reader = store.BeginRead();
        var begin = First;
        for (KvRange page; ; begin = [.. page.Pairs[^1].Key, 0])
        {
            page = await reader.GetRangeAsync(begin, AfterLast);
            foreach (var pair in page.Pairs)
            {
                var key = KeySpace.Parse(pair.Key);
                if (key.Definition == KeySpace.Instance)
                {
                    var instance = InstanceInfoPB.Parser.ParseFrom(pair.Value);
                    var id = instance.InstanceId;
                    nodes.UnionWith(instance.Clusters.SelectMany(c => c.Nodes).Select(n => $"node {n.CloudUniqueId} of {id}"));
                    listed.UnionWith(
                        instance.EnableStorageVault ? instance.ResourceIds.Select(vault => $"vault {vault} of {id}") : []);
                }
                else if (key.Definition == KeySpace.NodeOwner)
                {
                    owners.Add($"node {key.Text("cloud_unique_id")} of {NodeOwnerPB.Parser.ParseFrom(pair.Value).InstanceId}");
                }
                else if (key.Definition == KeySpace.StorageVault)
                {
                    vaults.Add($"vault {StorageVaultPB.Parser.ParseFrom(pair.Value).Id} of {key.Text("instance_id")}");
                }
            }

            if (!page.HasMore)
            {
                break;
            }
        }

        return Difference(nodes, owners) ?? Difference(listed, vaults);
    }

    private static string? Difference(HashSet<string> wanted, HashSet<string> found) =>
        wanted.Except(found).Select(missing => $"{missing} is missing").FirstOrDefault()
        ?? found.Except(wanted).Select(extra => $"{extra} belongs to nothing").FirstOrDefault();
}
