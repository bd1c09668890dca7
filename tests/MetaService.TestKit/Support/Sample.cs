using System.Text.Json.Nodes;

namespace MetaService.TestKit.Support;

/// <summary>Request bodies that are right, for tests to send or to spoil.</summary>
public static class Sample
{
    /// <summary>An instance id that no other test uses.</summary>
    public static string NewId(string prefix = "i") => $"{prefix}{Guid.NewGuid():N}"[..16];

    /// <summary>create_instance with an S3 vault.</summary>
    public static JsonObject VaultInstance(string id) => Json($$"""
        {"instance_id": "{{id}}", "name": "name of {{id}}", "user_id": "user",
         "vault": {"obj_info": {{ObjInfo("vault-ak", "vault-sk")}} } }
        """);

    /// <summary>create_instance of the older form, with a bucket user and a RAM user.</summary>
    public static JsonObject LegacyInstance(string id) => Json($$"""
        {"instance_id": "{{id}}", "name": "name of {{id}}", "user_id": "user",
         "obj_info": {{ObjInfo("legacy-ak", "legacy-sk", "\"user_id\": \"bucket_user\",")}} ,
         "ram_user": {"user_id": "ram", "ak": "ram-ak", "sk": "ram-sk"} }
        """);

    /// <summary>An S3 configuration.</summary>
    public static string ObjInfo(string ak, string sk, string more = "") => $$"""
        { {{more}} "ak": "{{ak}}", "sk": "{{sk}}", "bucket": "bucket", "prefix": "prefix", "endpoint": "cos.example.com",
          "external_endpoint": "ext.example.com", "region": "ap-beijing", "provider": "COS"}
        """;

    /// <summary>A node of a COMPUTE cluster.</summary>
    public static string Node(string cloudUniqueId, string ip = "172.21.0.5", int port = 9050) =>
        $$"""{"cloud_unique_id": "{{cloudUniqueId}}", "ip": "{{ip}}", "heartbeat_port": {{port}} }""";

    /// <summary>A node of a SQL cluster.</summary>
    public static string Frontend(string cloudUniqueId, string type, string ip = "172.21.0.1") =>
        $$"""{"cloud_unique_id": "{{cloudUniqueId}}", "ip": "{{ip}}", "edit_log_port": 9010, "node_type": "{{type}}"}""";

    /// <summary>A request about nodes of a COMPUTE cluster, or the addition of one; its name is its id.</summary>
    public static JsonObject Compute(string instanceId, string clusterId, params string[] nodes) =>
        Cluster(instanceId, clusterId, "COMPUTE", nodes);

    /// <summary>A request about nodes of a SQL cluster, or the addition of one; its name is its id.</summary>
    public static JsonObject Sql(string instanceId, string clusterId, params string[] nodes) =>
        Cluster(instanceId, clusterId, "SQL", nodes);

    /// <summary>A request about a cluster.</summary>
    public static JsonObject Cluster(string instanceId, string fields) =>
        Json($$"""{"instance_id": "{{instanceId}}", "cluster": { {{fields}} } }""");

    /// <summary>Parses JSON.</summary>
    public static JsonObject Json(string json) => JsonNode.Parse(json)!.AsObject();

    private static JsonObject Cluster(string instanceId, string clusterId, string type, string[] nodes) =>
        Cluster(instanceId, $"""
            "cluster_id": "{clusterId}", "cluster_name": "{clusterId}", "type": "{type}", "nodes": [{string.Join(',', nodes)}]
            """);
}
