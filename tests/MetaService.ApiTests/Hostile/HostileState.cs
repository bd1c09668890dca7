using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Hostile;

/// <summary>Brings a server to the state that the examples of its OpenAPI document speak of.</summary>
public static class HostileState
{
    /// <summary>Creates the instances and clusters of the examples, so that a spoilt example gets past the first check.</summary>
    public static async Task PrepareAsync(ApiClient api, IReadOnlyList<ApiDescription> endpoints)
    {
        var ids = endpoints.SelectMany(e => InstancesOf(e.Example)).Distinct().ToList();
        ids.Should().HaveCountGreaterThan(3);
        foreach (var (index, id) in ids.Index())
        {
            var body = index % 2 == 0 ? Sample.VaultInstance(id) : Sample.LegacyInstance(id);
            (await api.PutAsync("create_instance", body)).Status.Should().BeOneOf(200, 409);
            (await api.PutAsync("add_cluster", Sample.Compute(id, "cluster_id1", Sample.Node($"1:{id}:n")))).ShouldBeOk();
        }
    }

    private static IEnumerable<string> InstancesOf(JsonObject? example)
    {
        if ((string?)example?["instance_id"] is { } id)
        {
            yield return id;
        }

        if ((string?)example?["cloud_unique_id"] is { } node && node.Split(':') is ["1", var named, _])
        {
            yield return named;
        }
    }
}
