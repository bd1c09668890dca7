using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>All workloads, in the order of the table.</summary>
internal static class Catalogue
{
    private const string Id = ExampleInstance.DocumentId;

    // The key of the API document's example.
    private const string DocumentKey = "0110696e7374616e636500011072656772657373696f6e5f696e7374616e6365300001";

    public static IReadOnlyList<Workload> All(BenchContext context) =>
    [
        new ReadWorkload("get_instance", context, new HttpCall("GET", MetaServer.Path("get_instance", $"instance_id={Id}")))
        {
            ReferenceCpu = 0.25,
        },
        new ReadWorkload(
            "get_obj_store_info",
            context,
            new HttpCall("PUT", MetaServer.Path("get_obj_store_info"), $$"""{"cloud_unique_id": "{{ExampleInstance.BackendNode(Id)}}"}"""))
        {
            ReferenceCpu = 0.28,
        },
        new ReadWorkload("get_cluster", context, new HttpCall("PUT", MetaServer.Path("get_cluster"), ExampleInstance.GetClusterJson(Id))),
        new ReadWorkload("decode_key", context, new HttpCall("GET", MetaServer.Path("decode_key", $"key={DocumentKey}"))),
        new CreateInstance(context) { ReferenceCpu = 0.34 },
        new AddNode(context, onOne: false) { ReferenceCpu = 1.3 },
        new AddNode(context, onOne: true) { ReferenceCpu = 1.3 },
        new Mixed(context),
        new GetVersion(context),
        new BeginAndCommit(context),
    ];
}
