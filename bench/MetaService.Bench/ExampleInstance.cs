using MetaService.Json;
using MetaService.Records.Cloud;
using ClusterType = MetaService.Records.Cloud.ClusterPB.Types.Type;
using NodeType = MetaService.Records.Cloud.NodeInfoPB.Types.NodeType;
using Provider = MetaService.Records.Cloud.ObjectStoreInfoPB.Types.Provider;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.Bench;

/// <summary>
/// The instance that the API document shows as the answer of get_instance: one SQL and three COMPUTE clusters with a node each, an object
/// store and two stages.
/// </summary>
public static class ExampleInstance
{
    /// <summary>The id that the document gives it.</summary>
    public const string DocumentId = "regression_instance0";

    /// <summary>The id of its SQL cluster.</summary>
    public const string SqlClusterId = "RESERVED_CLUSTER_ID_FOR_SQL_SERVER";

    private const long Created = 1669260437;

    /// <summary>The record, its keys in clear.</summary>
    public static InstanceInfoPB Record(string id)
    {
        var instance = new InstanceInfoPB
        {
            UserId = "gavin-user-id",
            InstanceId = id,
            Name = "test-instance",
            Status = InstanceInfoPB.Types.Status.Normal,
            SseEnabled = false,
            EnableStorageVault = false,
            ObjInfo = { ObjInfo() },
            Clusters = { Sql(id), Compute(id, 0, "root"), Compute(id, 1, "jack", "lx"), Compute(id, 2) },
            Stages = { Internal(), External() },
        };
        var store = instance.ObjInfo[0];
        (store.Id, store.Ctime, store.Mtime) = ("1", Created, Created);
        foreach (var node in instance.Clusters.SelectMany(c => c.Nodes))
        {
            (node.Ctime, node.Mtime) = (Created, Created);
        }

        return instance;
    }

    /// <summary>The cloud_unique_id of its FE node.</summary>
    public static string FrontendNode(string id) => $"1:{id}:regression-cloud-unique-id-fe-1";

    /// <summary>The cloud_unique_id that its BE nodes share.</summary>
    public static string BackendNode(string id) => $"1:{id}:regression-cloud-unique-id0";

    /// <summary>The request that creates it, without clusters and stages.</summary>
    public static CreateInstanceRequest CreateRequest(string id)
    {
        var record = Record(id);
        return new CreateInstanceRequest { InstanceId = id, UserId = record.UserId, Name = record.Name, ObjInfo = ObjInfo() };
    }

    /// <summary>The requests that add its clusters.</summary>
    public static IEnumerable<AlterClusterRequest> ClusterRequests(string id) =>
        Record(id).Clusters.Select(cluster => new AlterClusterRequest { InstanceId = id, Cluster = cluster });

    /// <summary>The requests that add its stages.</summary>
    public static IEnumerable<CreateStageRequest> StageRequests(string id) =>
        Record(id).Stages.Select(stage => new CreateStageRequest { CloudUniqueId = FrontendNode(id), Stage = stage });

    /// <summary>The body of the document's request to get_cluster.</summary>
    public static string GetClusterJson(string id) => ProtoJsonWriter.ToText(
        new GetClusterRequest { CloudUniqueId = FrontendNode(id), ClusterId = SqlClusterId, ClusterName = "RESERVED_CLUSTER_NAME_FOR_SQL_SERVER" },
        ProtoJsonStyle.Http);

    private static ObjectStoreInfoPB ObjInfo() => new()
    {
        Ak = "akak",
        Sk = "sksk",
        Bucket = "justtmp-bj-1308700295",
        Prefix = "dx-test",
        Endpoint = "cos.ap-beijing.myqcloud.com",
        Region = "ap-beijing",
        Provider = Provider.Cos,
        ExternalEndpoint = "",
    };

    private static ClusterPB Sql(string id) => new()
    {
        ClusterId = SqlClusterId,
        ClusterName = "RESERVED_CLUSTER_NAME_FOR_SQL_SERVER",
        Type = ClusterType.Sql,
        Nodes = { new NodeInfoPB { CloudUniqueId = FrontendNode(id), Ip = "127.0.0.1", EditLogPort = 12103, NodeType = NodeType.FeMaster } },
    };

    private static ClusterPB Compute(string id, int number, params string[] users) => new()
    {
        ClusterId = $"regression_test_cluster_id{number}",
        ClusterName = $"regression_test_cluster_name{number}",
        Type = ClusterType.Compute,
        Nodes = { new NodeInfoPB { CloudUniqueId = BackendNode(id), Ip = "127.0.0.1", HeartbeatPort = 11102 + (number * 1000) } },
        MysqlUserName = { users },
        ClusterStatus = ClusterStatus.Normal,
    };

    private static StagePB Internal() => new()
    {
        Type = StageType.Internal,
        StageId = "c56f5d01-0ae2-4719-8be2-8b52b3144f60",
        MysqlUserName = { "admin" },
        MysqlUserId = { "admin" },
        ObjInfo = new ObjectStoreInfoPB { Id = "1", Prefix = "dx-test/stage/admin/admin" },
    };

    private static StagePB External() => new()
    {
        Type = StageType.External,
        Name = "smoke_test_tpch",
        StageId = "261c3565-7ac3-4cb5-9c82-a9bc38cff8e8",
        ObjInfo = new ObjectStoreInfoPB
        {
            Ak = "akak",
            Sk = "sksk",
            Bucket = "gavin-test-bj",
            Prefix = "smoke-test",
            Endpoint = "oss-cn-beijing.aliyuncs.com",
            Region = "cn-beijing",
            Provider = Provider.Oss,
        },
        Properties = { ["default.file.column_separator"] = "|" },
    };
}
