using System.Text.Json.Nodes;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Server.Http;

namespace MetaService.ApiTests.Canary;

/// <summary>
/// Calls that succeed: each place in which an ak or a sk may be gets one that is a canary, over HTTP, as JSON RPC and over gRPC.
/// </summary>
public sealed class CanarySuccesses(CanaryServer server, CanaryTargets targets)
{
    private readonly CanaryBook _book = server.Book;
    private readonly ApiClient _all = server.All;
    private readonly List<string> _refused = [];

    /// <summary>Calls that should have succeeded and did not.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>Calls of the endpoints, in which each can succeed.</summary>
    /// <returns>An instance of the older form and one with vaults, both with a cluster, so that they cannot be dropped.</returns>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        var legacy = await CreateAsync(legacy: true);
        var vaults = await CreateAsync(legacy: false);
        await PutAsync("add_obj_info", $$"""{"cloud_unique_id": "1:{{legacy}}:n", "obj": {{Store()}} }""");
        await PutAsync("legacy_update_ak_sk", $$"""{"cloud_unique_id": "1:{{legacy}}:n", "obj": {"id": "1", {{Keys()}} } }""");
        await PutAsync("alter_obj_info", $$"""{"cloud_unique_id": "1:{{legacy}}:n", "obj": {"id": "2", {{Keys()}} } }""");
        await PutAsync("update_ak_sk", $$"""
            {"instance_id": "{{legacy}}", "internal_bucket_user": [{"user_id": "bucket", {{Keys()}} }],
             "ram_user": {"user_id": "ram", {{Keys()}} } }
            """);
        await PutAsync("alter_ram_user", $$"""{"instance_id": "{{legacy}}", "ram_user": {"user_id": "ram2", {{Keys()}} } }""");
        await PutAsync("alter_iam", $$"""{"account_id": "{{Name()}}", {{Keys()}} }""");
        await PutAsync("add_s3_vault", $$"""{"cloud_unique_id": "1:{{vaults}}:n", "vault": {"name": "s3", "obj_info": {{Store()}} } }""");
        await PutAsync("alter_s3_vault", $$"""{"cloud_unique_id": "1:{{vaults}}:n", "vault": {"name": "s3", "obj_info": { {{Keys()}} } } }""");
        await PutAsync("add_hdfs_vault", $$"""{"cloud_unique_id": "1:{{vaults}}:n", "vault": {"name": "hdfs", "hdfs_info": {{Hdfs()}} } }""");
        await StagesAsync("1:" + legacy + ":n", RpcAsync);
        foreach (var name in new[] { "get_obj_store_info", "show_storage_vaults" })
        {
            await PutAsync(name, $$"""{"cloud_unique_id": "1:{{legacy}}:n"}""");
            await PutAsync(name, $$"""{"cloud_unique_id": "1:{{vaults}}:n"}""");
        }

        await PutAsync("get_stage", $$"""{"cloud_unique_id": "1:{{legacy}}:n", "type": "EXTERNAL", "stage_name": "kept"}""");
        await InstancesAsync(legacy);
        await ClustersAsync(legacy);
        await LoadsAsync(legacy);
        await LookAsync(legacy);
        await LookAsync(vaults);
        await ResourceRpcsAsync(RpcAsync);
        await ResourceRpcsAsync(GrpcAsync);
        return [legacy, vaults];
    }

    private async Task<string> CreateAsync(bool legacy)
    {
        var id = _book.New(CanaryKind.InstanceId, "create_instance");
        var stores = legacy
            ? $$""" "obj_info": {{Store("\"user_id\": \"bucket\",")}}, "ram_user": {"user_id": "ram", {{Keys()}} } """
            : $$""" "vault": {"obj_info": {{Store()}} } """;
        await PutAsync("create_instance", $$"""{"instance_id": "{{id}}", "name": "{{Name()}}", "user_id": "{{Name()}}", {{stores}} }""");
        await PutAsync("add_cluster", Sample.Compute(id, "cluster", Sample.Node($"1:{id}:n")).ToJsonString());
        return id;
    }

    private async Task InstancesAsync(string id)
    {
        await PutAsync("rename_instance", $$"""{"instance_id": "{{id}}", "name": "{{Name()}}"}""");
        await PutAsync("set_instance_status", $$"""{"instance_id": "{{id}}", "op": "SET_OVERDUE"}""");
        await PutAsync("set_instance_status", $$"""{"instance_id": "{{id}}", "op": "SET_NORMAL"}""");
        await PutAsync("enable_instance_sse", $$"""{"instance_id": "{{id}}"}""");
        await PutAsync("disable_instance_sse", $$"""{"instance_id": "{{id}}"}""");
        var dropped = _book.New(CanaryKind.InstanceId, "drop_instance");
        await PutAsync("create_instance", $$"""
            {"instance_id": "{{dropped}}", "name": "n", "user_id": "u", "vault": {"hdfs_info": {{Hdfs()}} } }
            """);
        await PutAsync("drop_instance", $$"""{"instance_id": "{{dropped}}"}""");
    }

    private async Task ClustersAsync(string id)
    {
        await PutAsync("add_cluster", Sample.Compute(id, "c2", Sample.Node($"1:{id}:c2")));
        await PutAsync("add_node", Sample.Compute(id, "c2", Sample.Node($"1:{id}:c2", "10.0.0.2")));
        await PutAsync("decommission_node", Sample.Compute(id, "c2", Sample.Node($"1:{id}:c2", "10.0.0.2")));
        await PutAsync("notify_decommissioned", Sample.Compute(id, "c2", Sample.Node($"1:{id}:c2", "10.0.0.2")));
        await PutAsync("drop_node", Sample.Compute(id, "c2", Sample.Node($"1:{id}:c2", "10.0.0.2")));
        await PutAsync(
            "update_cluster_mysql_user_name",
            Sample.Cluster(id, $""" "cluster_id": "c2", "cluster_name": "c2", "mysql_user_name": ["{Name()}"] """));
        await PutAsync(
            "update_cluster_endpoint",
            Sample.Cluster(id, $""" "cluster_id": "c2", "private_endpoint": "{Name()}", "public_endpoint": "{Name()}" """));
        await PutAsync("set_cluster_status", Sample.Cluster(id, """ "cluster_id": "c2", "cluster_status": "SUSPENDED" """));
        await PutAsync("get_cluster_status", Sample.Json($$"""{"instance_ids": ["{{id}}"]}"""));
        await PutAsync("get_cluster", Sample.Json($$"""{"cloud_unique_id": "1:{{id}}:n"}"""));
        await PutAsync("rename_cluster", Sample.Cluster(id, $""" "cluster_id": "c2", "cluster_name": "{Name()}" """));
        await PutAsync("add_cluster", Sample.Compute(id, "c3"));
        await PutAsync("drop_cluster", Sample.Cluster(id, """ "cluster_id": "c3", "cluster_name": "c3" """));
    }

    private async Task LoadsAsync(string id)
    {
        var node = $"1:{id}:n";
        var (committed, aborted) = (await BeginAsync(node), await BeginAsync(node));
        await RpcAsync("commit_txn", $$"""{"cloud_unique_id": "{{node}}", "db_id": 10001, "txn_id": {{committed}} }""");
        await PutAsync("abort_txn", $$"""{"cloud_unique_id": "{{node}}", "txn_id": {{aborted}}, "reason": "{{Name()}}"}""");
        await PutAsync("list_txns", $$"""{"instance_id": "{{id}}"}""");
        await GetAsync("txn_lazy_commit", ("instance_id", id), ("txn_id", committed));
        await GetAsync("fix_tablet_stats", ("instance_id", id), ("table_id", "20001"));
        await GetAsync("get_instance", ("instance_id", id));
    }

    private async Task<string> BeginAsync(string node)
    {
        var reply = await RpcAsync("begin_txn", $$"""
            {"cloud_unique_id": "{{node}}", "txn_info": {"db_id": 10001, "label": "{{Name()}}", "table_ids": [20001], "timeout_ms": 3600000} }
            """);
        return reply!["txn_id"]!.ToString();
    }

    /// <summary>All that shows something, to callers with and without the scope for secrets.</summary>
    public async Task LookAsync(string id)
    {
        foreach (var api in new[] { _all, server.Masked })
        {
            foreach (var (name, query) in new (string, (string, string)[])[]
            {
                ("get_instance", [("instance_id", id)]),
                ("get_instance", [("instance_id", id), ("mask_secrets", "true")]),
                ("audit", [("instance_id", id)]),
                ("audit", []),
                ("list_instances", [("limit", "1000")]),
                ("encode_key", [("key_type", "InstanceKey"), ("instance_id", id)]),
                ("get_value", [("key_type", "InstanceKey"), ("instance_id", id)]),
                ("show_meta_ranges", []),
                ("decode_key", [("key", Convert.ToHexString(Key.Instance(id).Bytes))]),
                ("adjust_rate_limit", [("qps_limit", "1000000"), ("instance_id", id)]),
                ("list_rate_limit", []),
            })
            {
                var reply = await api.GetAsync(name, query);
                Check(reply.Status == 200, $"{name} {reply.Text}");
            }
        }

        await _all.SendAsync(HttpMethod.Get, $"{ClusterStatusEndpoint.Path}?instance_id={id}", null, ("Authorization", "Basic cm9vdDo="));
    }

    /// <summary>The RPCs on resources, through JSON or gRPC, on an instance of their own.</summary>
    private async Task ResourceRpcsAsync(Func<string, string, Task<JsonObject?>> call)
    {
        var (id, vaults) = (_book.New(CanaryKind.InstanceId, "rpc"), _book.New(CanaryKind.InstanceId, "rpc"));
        await call("create_instance", $$"""
            {"instance_id": "{{id}}", "name": "n", "user_id": "u", "obj_info": {{Store("\"user_id\": \"bucket\",")}},
             "ram_user": {"user_id": "ram", {{Keys()}} } }
            """);
        await call("create_instance", $$"""
            {"instance_id": "{{vaults}}", "name": "n", "user_id": "u", "vault": {"obj_info": {{Store()}} } }
            """);
        await call("alter_instance", $$"""{"instance_id": "{{id}}", "op": "RENAME", "name": "{{Name()}}"}""");
        await call("alter_obj_store_info", $$"""{"cloud_unique_id": "1:{{id}}:n", "op": "ADD_OBJ_INFO", "obj": {{Store()}} }""");
        await call("alter_obj_store_info", $$"""
            {"cloud_unique_id": "1:{{id}}:n", "op": "LEGACY_UPDATE_AK_SK", "obj": {"id": "1", {{Keys()}} } }
            """);
        await call("alter_storage_vault", $$"""
            {"cloud_unique_id": "1:{{vaults}}:n", "op": "ADD_S3_VAULT", "vault": {"name": "s3", "obj_info": {{Store()}} } }
            """);
        await call("alter_storage_vault", $$"""
            {"cloud_unique_id": "1:{{vaults}}:n", "op": "ALTER_S3_VAULT", "vault": {"name": "s3", "obj_info": { {{Keys()}} } } }
            """);
        await call("alter_storage_vault", $$"""
            {"cloud_unique_id": "1:{{vaults}}:n", "op": "ADD_HDFS_INFO", "vault": {"name": "hdfs", "hdfs_info": {{Hdfs()}} } }
            """);
        await call("update_ak_sk", $$"""{"instance_id": "{{id}}", "ram_user": {"user_id": "ram", {{Keys()}} } }""");
        await call("alter_ram_user", $$"""{"instance_id": "{{id}}", "ram_user": {"user_id": "ram3", {{Keys()}} } }""");
        await call("alter_iam", $$"""{"account_id": "account", {{Keys()}} }""");
        await StagesAsync($"1:{id}:n", call);
        await call("get_iam", $$"""{"cloud_unique_id": "1:{{id}}:n"}""");
        await call("get_instance", $$"""{"instance_id": "{{id}}"}""");
        await call("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{id}}:n"}""");
        await call("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{vaults}}:n"}""");
    }

    private async Task StagesAsync(string node, Func<string, string, Task<JsonObject?>> call)
    {
        var user = Name();
        string External(string name) => $$"""
            {"cloud_unique_id": "{{node}}", "stage": {"name": "{{name}}", "stage_id": "{{name}}", "type": "EXTERNAL",
             "properties": {"password": "{{_book.New(CanaryKind.Conf, "stage")}}"}, "comment": "{{Name()}}", "obj_info": {{Store()}} } }
            """;
        await call("create_stage", External("kept"));
        await call("create_stage", External("dropped"));
        await call("create_stage", $$"""
            {"cloud_unique_id": "{{node}}",
             "stage": {"stage_id": "own", "type": "INTERNAL", "mysql_user_name": ["{{user}}"], "mysql_user_id": ["user1"]} }
            """);
        await call("get_stage", $$"""{"cloud_unique_id": "{{node}}", "type": "EXTERNAL", "stage_name": "kept"}""");
        await call("get_stage", $$"""
            {"cloud_unique_id": "{{node}}", "type": "INTERNAL", "mysql_user_name": "{{user}}", "mysql_user_id": "user1"}
            """);
        await call("drop_stage", $$"""{"cloud_unique_id": "{{node}}", "type": "EXTERNAL", "stage_name": "dropped"}""");
    }

    private string Name() => _book.New(CanaryKind.Name, "a name");

    private string Keys() => $""" "ak": "{_book.New(CanaryKind.Secret, "ak")}", "sk": "{_book.New(CanaryKind.Secret, "sk")}" """;

    private string Store(string more = "") => $$"""
        { {{more}} {{Keys()}}, "bucket": "{{Name()}}", "prefix": "{{Name()}}", "endpoint": "cos.example.com",
          "external_endpoint": "ext.example.com", "region": "ap-beijing", "provider": "COS"}
        """;

    private string Hdfs() => $$"""
        {"prefix": "prefix", "build_conf": {"fs_name": "hdfs://10.0.0.1:4007", "user": "hadoop",
         "hdfs_kerberos_principal": "p", "hdfs_kerberos_keytab": "{{_book.New(CanaryKind.Conf, "keytab")}}",
         "hdfs_confs": [{"key": "dfs.password", "value": "{{_book.New(CanaryKind.Conf, "hdfs_confs")}}"}, {"key": "k", "value": "{{Name()}}"}]} }
        """;

    private void Check(bool succeeded, string call)
    {
        if (!succeeded)
        {
            _refused.Add(call);
        }
    }

    private Task PutAsync(string name, JsonObject body) => PutAsync(name, body.ToJsonString());

    private async Task PutAsync(string name, string body)
    {
        var reply = await _all.PutAsync(name, body);
        Check(reply.Status == 200, $"{name} {body} {reply.Text}");
    }

    private async Task GetAsync(string name, params (string Name, string Value)[] query)
    {
        var reply = await _all.GetAsync(name, query);
        Check(reply.Status == 200, $"{name} {reply.Text}");
    }

    private async Task<JsonObject?> RpcAsync(string name, string body)
    {
        var query = _all.PathOf("")[ApiClient.Root.Length..];
        var reply = await _all.SendAsync(HttpMethod.Post, $"/MetaService/{name}{query}", new StringContent(body));
        Check((string?)reply.Json["status"]?["code"] == "OK", $"{name} {body} {reply.Text}");
        return reply.Json;
    }

    private async Task<JsonObject?> GrpcAsync(string name, string body)
    {
        var message = JsonParser.Default.Parse(body, targets.Rpcs.Single(r => r.Name == name).Request().Descriptor).ToByteArray();
        await server.Grpc.CallAsync(name, message, server.AllToken, showsSecrets: true);
        await server.Grpc.CallAsync(name, message, server.MaskedToken, showsSecrets: false);
        Check(server.Calls.Ended(succeeded: true).Contains("grpc/" + name), $"grpc/{name}");
        return null;
    }
}
