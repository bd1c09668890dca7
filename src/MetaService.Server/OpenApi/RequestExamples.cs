using System.Text.Json.Nodes;

namespace MetaService.Server.OpenApi;

/// <summary>A request body for each endpoint that takes one, with the values that the API document uses.</summary>
public static class RequestExamples
{
    private const string Node = "1:regression_instance0:cloud_unique_id_compute_node1";

    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["create_instance"] = """
            {"instance_id": "sample_instance_id", "name": "sample_instance_name", "user_id": "sample_user_id",
             "vault": {"obj_info": {"ak": "ak_xxxxxxxxxxx", "sk": "sk_xxxxxxxxxxx", "bucket": "sample_bucket_name",
              "prefix": "sample_prefix", "endpoint": "cos.ap-beijing.myqcloud.com", "external_endpoint": "cos.ap-beijing.myqcloud.com",
              "region": "ap-beijing", "provider": "COS"}}}
            """,
        ["drop_instance"] = """{"instance_id": "123456"}""",
        ["rename_instance"] = """{"instance_id": "123456", "name": "new name"}""",
        ["enable_instance_sse"] = """{"instance_id": "123456"}""",
        ["disable_instance_sse"] = """{"instance_id": "123456"}""",
        ["set_instance_status"] = """{"instance_id": "test_instance", "op": "SET_OVERDUE"}""",
        ["get_obj_store_info"] = """{"cloud_unique_id": "{node}"}""",
        ["show_storage_vaults"] = """{"cloud_unique_id": "{node}"}""",
        ["add_obj_info"] = """
            {"cloud_unique_id": "{node}", "obj": {"ak": "test-ak91", "sk": "test-sk1", "bucket": "test-bucket",
             "prefix": "test-prefix", "endpoint": "test-endpoint", "region": "test-region"}}
            """,
        ["legacy_update_ak_sk"] = """{"cloud_unique_id": "{node}", "obj": {"id": "1", "ak": "test-ak", "sk": "test-sk"}}""",
        ["alter_obj_info"] = """{"cloud_unique_id": "{node}", "obj": {"id": "1", "ak": "test-ak", "sk": "test-sk"}}""",
        ["add_s3_vault"] = """
            {"cloud_unique_id": "{node}", "vault": {"name": "second_vault", "obj_info": {"ak": "test-ak", "sk": "test-sk",
             "bucket": "test-bucket", "prefix": "test-prefix", "endpoint": "test-endpoint", "external_endpoint": "test-endpoint",
             "region": "test-region", "provider": "S3"}}}
            """,
        ["alter_s3_vault"] = """
            {"cloud_unique_id": "{node}", "vault": {"name": "second_vault", "obj_info": {"ak": "new-ak", "sk": "new-sk"}}}
            """,
        ["add_hdfs_vault"] = """
            {"cloud_unique_id": "{node}", "vault": {"name": "hdfs_vault", "hdfs_info": {
             "build_conf": {"fs_name": "hdfs://172.21.0.44:4007", "user": "hadoop"}, "prefix": "sample_prefix"}}}
            """,
        ["update_ak_sk"] = """
            {"instance_id": "test", "internal_bucket_user": [{"user_id": "bucket_user_id_1", "ak": "xxxx", "sk": "xxxx"}],
             "ram_user": {"user_id": "ram_user_id", "ak": "xxxx", "sk": "xxxx"}}
            """,
        ["alter_ram_user"] = """{"instance_id": "test", "ram_user": {"user_id": "ram_user_id", "ak": "xxxx", "sk": "xxxx"}}""",
        ["alter_iam"] = """{"account_id": "account", "ak": "xxxx", "sk": "xxxx"}""",
        ["add_cluster"] = """
            {"instance_id": "123456", "cluster": {"cluster_name": "cluster_name1", "cluster_id": "cluster_id1", "type": "COMPUTE",
             "nodes": [{"cloud_unique_id": "{node}", "ip": "172.21.0.5", "heartbeat_port": 9050}]}}
            """,
        ["drop_cluster"] = Cluster("""  "cluster_name": "cluster_name1", "cluster_id": "cluster_id1"  """),
        ["rename_cluster"] = Cluster("""  "cluster_name": "cluster_name2", "cluster_id": "cluster_id1"  """),
        ["update_cluster_mysql_user_name"] = Cluster(
            """  "cluster_name": "cluster_name2", "cluster_id": "cluster_id1", "mysql_user_name": ["jack", "root"]  """),
        ["update_cluster_endpoint"] = Cluster(
            """  "cluster_id": "cluster_id1", "public_endpoint": "1.2.3.4:9030", "private_endpoint": "10.0.0.4:9030"  """),
        ["set_cluster_status"] = Cluster("""  "cluster_id": "cluster_id1", "cluster_status": "SUSPENDED"  """),
        ["add_node"] = ClusterWithNode,
        ["drop_node"] = ClusterWithNode,
        ["decommission_node"] = ClusterWithNode,
        ["notify_decommissioned"] = ClusterWithNode,
        ["get_cluster"] = """
            {"instance_id": "regression_instance0", "cloud_unique_id": "1:regression_instance0:regression-cloud-unique-id-fe-1",
             "cluster_name": "RESERVED_CLUSTER_NAME_FOR_SQL_SERVER", "cluster_id": "RESERVED_CLUSTER_ID_FOR_SQL_SERVER"}
            """,
        ["get_tablet_stats"] = """
            {"cloud_unique_id": "1:regression_instance0:regression-cloud-unique-id0",
             "tablet_idx": [{"table_id": 113973, "index_id": 113974, "partition_id": 113966, "tablet_id": 114739}]}
            """,
        ["abort_txn"] = """{"cloud_unique_id": "1:regression_instance0:regression-cloud-unique-id0", "txn_id": 869414052004864}""",
        ["abort_tablet_job"] = """
            {"cloud_unique_id": "1:regression_instance0:regression-cloud-unique-id0",
             "job": {"idx": {"tablet_id": 113973}, "compaction": [{"id": "113974"}]}}
            """,
        ["list_txns"] = """{"instance_id": "regression_instance0", "status": ["TXN_STATUS_PREPARED"], "min_age_ms": 3600000}""",
        ["get_stage"] = """{"cloud_unique_id": "{node}", "type": "EXTERNAL", "stage_name": "smoke_test_tpch"}""",
        ["rotate_secrets"] = """{"limit": 100}""",
        ["get_cluster_status"] = """{"instance_ids": ["regression_instance-dx-1219", "regression_instance-dx-0128"], "status": "NORMAL"}""",
    };

    private static string ClusterWithNode => Cluster("""
        "cluster_name": "cluster_name1", "cluster_id": "cluster_id1", "type": "COMPUTE", "nodes": [
        {"cloud_unique_id": "1:regression_instance0:cloud_unique_id_compute_node2", "ip": "172.21.0.50", "heartbeat_port": 9051}]
        """);

    /// <summary>The example for an endpoint, or null when it takes no body.</summary>
    public static JsonNode? Of(string name) =>
        Bodies.TryGetValue(name, out var body) ? JsonNode.Parse(body.Replace("{node}", Node, StringComparison.Ordinal)) : null;

    private static string Cluster(string fields) =>
        """{"instance_id": "regression_instance0", "cluster": {""" + fields + "}}";
}
