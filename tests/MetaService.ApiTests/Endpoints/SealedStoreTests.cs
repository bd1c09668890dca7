using System.Text;
using System.Text.Json.Nodes;
using MetaService.ApiTests.Hostile;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Whatever endpoints and RPCs are called with, no ak and sk is in clear in any value of the store.</summary>
public sealed class SealedStoreTests
{
    private const string Canary = ApiDescription.Canary;

    [Fact]
    public async Task No_secret_is_stored_in_clear()
    {
        await using var server = await InProcessServer.StartAsync();
        var endpoints = await ApiDescription.AllAsync(server.Api);
        await HostileState.PrepareAsync(server.Api, endpoints);
        var accepted = new HashSet<string>();
        foreach (var endpoint in endpoints.Where(e => e.Example is not null))
        {
            var reply = await server.Api.PutAsync(endpoint.Name, endpoint.Example!);
            if (reply.Status == 200)
            {
                accepted.Add(endpoint.Name);
            }
        }

        await FillAsync(server.Api);

        accepted.Should().Contain(["alter_s3_vault", "alter_ram_user", "alter_iam"], "the examples must get past the checks");
        var values = await StoreContent.AllAsync(server.Store);
        string[] secrets = [Canary, "vault-ak", "vault-sk", "legacy-ak", "legacy-sk", "ram-ak", "ram-sk"];
        foreach (var (key, value) in values)
        {
            var text = Encoding.Latin1.GetString(value);
            secrets.Where(s => text.Contains(s, StringComparison.OrdinalIgnoreCase)).Should()
                .BeEmpty(KeyPrinter.Print(Convert.FromHexString(key)));
        }

        var pairs = values.SelectMany(p => PairsIn(Convert.FromHexString(p.Key), p.Value)).Where(p => p.Keys.HasSecrets()).ToList();
        pairs.Where(p => p.Keys.EncryptionInfo?.EncryptionMethod != SecretCipher.Method).Should().BeEmpty();
        pairs.Select(p => p.Kind).Distinct().Should().BeEquivalentTo(
            ["arn_info", "obj_info", "ram_user", "storage_vault", "stage"], "a dropped stage that was made here has no keys of its own");
    }

    /// <summary>Changes everything that holds secrets, in every way there is.</summary>
    private static async Task FillAsync(ApiClient api)
    {
        (await api.PutAsync("create_instance", Sample.LegacyInstance("sealed"))).ShouldBeOk();
        (await api.PutAsync("create_instance", Sample.VaultInstance("sealed-vault"))).ShouldBeOk();
        await ChangeAsync("add_obj_info", $$""" "obj": {{Sample.ObjInfo(Canary + "ak1", Canary + "sk1")}} """);
        await ChangeAsync("legacy_update_ak_sk", $$""" "obj": {"id": "1", "ak": "{{Canary}}ak2", "sk": "{{Canary}}sk2"} """);
        await ChangeAsync("alter_obj_info", $$""" "obj": {"id": "2", "ak": "{{Canary}}ak3", "sk": "{{Canary}}sk3"} """);
        var vault = $$""" "vault": {"name": "second", "obj_info": {{Sample.ObjInfo(Canary + "ak4", Canary + "sk4")}} } """;
        await ChangeAsync("add_s3_vault", vault, "sealed-vault");
        vault = $$""" "vault": {"name": "second", "obj_info": {"ak": "{{Canary}}ak5", "sk": "{{Canary}}sk5"} } """;
        await ChangeAsync("alter_s3_vault", vault, "sealed-vault");
        var users = $$"""{"user_id": "bucket_user", "ak": "{{Canary}}ak6", "sk": "{{Canary}}sk6"}""";
        (await api.PutAsync("update_ak_sk", $$"""
            {"instance_id": "sealed", "internal_bucket_user": [{{users}}],
             "ram_user": {"user_id": "ram", "ak": "{{Canary}}ak7", "sk": "{{Canary}}sk7"} }
            """)).ShouldBeOk();
        var objInfo = Sample.ObjInfo(Canary + "ak8", Canary + "sk8");
        await StageAsync("external", $$""" "type": "EXTERNAL", "name": "e", "obj_info": {{objInfo}} """);
        await StageAsync("internal", """ "type": "INTERNAL", "mysql_user_name": ["u"], "mysql_user_id": ["u1"] """);
        await StageAsync("dropped", """ "type": "INTERNAL", "mysql_user_name": ["v"], "mysql_user_id": ["v1"] """);
        await RpcAsync("drop_stage", """ "type": "INTERNAL", "mysql_user_id": "v1" """);
        (await api.PutAsync("add_cluster", Sample.Compute("sealed", "c", Sample.Node("sealed-node")))).ShouldBeOk();

        async Task ChangeAsync(string name, string fields, string id = "sealed") =>
            (await api.PutAsync(name, $$"""{"cloud_unique_id": "1:{{id}}:x", {{fields}} }""")).ShouldBeOk();

        Task StageAsync(string id, string fields) =>
            RpcAsync("create_stage", $$""" "stage": {"stage_id": "{{id}}", {{fields}} } """);

        async Task RpcAsync(string name, string fields)
        {
            var path = api.PathOf(name).Replace(ApiClient.Root, "/MetaService/", StringComparison.Ordinal);
            var body = new StringContent($$"""{"cloud_unique_id": "1:sealed:x", {{fields}} }""");
            var reply = await api.SendAsync(HttpMethod.Post, path, body);
            ((string?)JsonNode.Parse(reply.Text)!["status"]!["code"]).Should().Be("OK", reply.Text);
        }
    }

    private static IEnumerable<SecretPart> PairsIn(byte[] key, byte[] value)
    {
        var parsed = KeySpace.Parse(key);
        string Value(int index) => parsed.Values[index].ToText();
        return parsed.Definition.Name switch
        {
            "InstanceKey" => SecretParts.Of(Key.Instance(Value(0)), InstanceInfoPB.Parser.ParseFrom(value)),
            "StorageVaultKey" => SecretParts.Of(Key.StorageVault(Value(0), Value(1)), StorageVaultPB.Parser.ParseFrom(value)),
            "RecycleStageKey" => SecretParts.Of(Key.RecycleStage(Value(0), Value(1)), RecycleStagePB.Parser.ParseFrom(value)),
            "MetaServiceArnInfoKey" => SecretParts.Of(Key.ArnInfo(), RamUserPB.Parser.ParseFrom(value)),
            _ => [],
        };
    }
}
