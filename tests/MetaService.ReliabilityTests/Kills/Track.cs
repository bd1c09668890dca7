using MetaService.ReliabilityTests.Linearizability;

namespace MetaService.ReliabilityTests.Kills;

/// <summary>
/// One instance that one writer at a time works on: what its acknowledged writes have made of it, and the write that was not
/// acknowledged when the server went away.
/// </summary>
internal sealed class Track(string id)
{
    private World _world = World.Empty;
    private Call? _pending;

    public string Id => id;

    /// <summary>How many writes were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Whether the instance is certain to be there.</summary>
    public bool Exists => _world.Find(id) is not null;

    /// <summary>Whether the last write may have happened or not.</summary>
    public bool IsDoubtful => _pending is not null;

    /// <summary>
    /// Makes a write; false when it was not acknowledged, after which nothing more may be written before an audit.
    /// </summary>
    /// <exception cref="AuditException">It is answered otherwise than the writes before it allow.</exception>
    public async Task<bool> WriteAsync(ApiClient api, Call call)
    {
        IsDoubtful.Should().BeFalse();
        _pending = call;
        var answer = await ApiCaller.SendAsync(api, call);
        if (answer is null)
        {
            return false;
        }

        if (answer == ApiCaller.Refused)
        {
            _pending = null;
            return false;
        }

        var (world, expected) = ApiModel.Apply(_world, call);
        if (answer != expected)
        {
            throw new AuditException($"{call} is answered {answer} instead of {expected}");
        }

        (_world, _pending) = (world, null);
        Acknowledged++;
        return true;
    }

    /// <summary>
    /// Compares the instance on a server with its writes: all that were acknowledged, and the last one wholly or not at all. What
    /// the last one has come to is then certain.
    /// </summary>
    /// <param name="thorough">Whether each node is looked up, too.</param>
    public async Task AuditAsync(ApiClient api, bool thorough)
    {
        var shown = await ReadAsync(api, new Call(Endpoint.GetInstance, id));
        World[] possible = _pending is null ? [_world] : [_world, ApiModel.Apply(_world, _pending).World];
        var found = possible.FirstOrDefault(world => ApiModel.Apply(world, new Call(Endpoint.GetInstance, id)).Answer == shown);
        if (found is null)
        {
            throw new AuditException($"after {_world} and then, not acknowledged, {_pending} the instance is {shown}");
        }

        if (found.Find(id) is { } instance)
        {
            await AuditVaultAsync(api);
            var reads = instance.Clusters.SelectMany(c => c.Nodes.Select(node => ByNode(c.Id, node)));
            foreach (var call in thorough ? reads : reads.TakeLast(1))
            {
                Require(call, await ReadAsync(api, call), found);
            }
        }

        if (_pending is { Node.Length: > 0 } pending)
        {
            var call = ByNode(pending.Cluster, pending.Node);
            Require(call, await ReadAsync(api, call), found);
        }

        (_world, _pending) = (found, null);
    }

    private static Call ByNode(string cluster, string node) => new(Endpoint.GetClusterOfNode, "", cluster, Node: node);

    private static void Require(Call call, string answer, World world)
    {
        var expected = ApiModel.Apply(world, call).Answer;
        if (answer != expected)
        {
            throw new AuditException($"{call} is answered {answer} instead of {expected} while the instance is {world}");
        }
    }

    private static async Task<string> ReadAsync(ApiClient api, Call call) =>
        await ApiCaller.SendAsync(api, call) ?? throw new AuditException($"{call} got no answer");

    /// <summary>An instance never goes without the vault that it was created with.</summary>
    private async Task AuditVaultAsync(ApiClient api)
    {
        var info = await api.PutAsync("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{id}}:x"}""");
        if (info.Status != 200 || info.Result["storage_vault"]?.AsArray().Count != 1)
        {
            throw new AuditException($"instance {id} is there without its vault: {info.Text}");
        }
    }
}

/// <summary>Something is not as acknowledged writes left it.</summary>
internal sealed class AuditException(string message) : Exception(message);
