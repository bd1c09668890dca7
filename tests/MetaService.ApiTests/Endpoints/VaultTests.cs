using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Endpoints on vaults, object stores and users, as far as the recorded conversations leave off.</summary>
public sealed class VaultTests(MemoryServer fixture) : SoundStoreTests(fixture), IClassFixture<MemoryServer>
{
    private readonly ApiClient _api = fixture.Server.Api;
    private readonly string _id = Sample.NewId();

    [Fact]
    public async Task Vaults_are_added_with_names_and_ids_of_their_own()
    {
        await CreateAsync(Sample.VaultInstance(_id));
        (await PutAsync("add_s3_vault", $$"""{"name": "second", "obj_info": {{Sample.ObjInfo("ak2", "sk2")}} }""")).ShouldBeOk();
        (await PutAsync("add_hdfs_vault", Hdfs("third"))).ShouldBeOk();

        var info = await InfoAsync();
        var vaults = info["storage_vault"]!.AsArray();
        vaults.Select(v => (string?)v!["id"]).Should().Equal("1", "2", "3");
        vaults.Select(v => (string?)v!["name"]).Should().Equal("built_in_storage_vault", "second", "third");
        ((string?)vaults[1]!["obj_info"]!["sk"]).Should().Be("sk2");
        ((string?)vaults[2]!["hdfs_info"]!["prefix"]).Should().MatchRegex("^data_[0-9A-F-]{36}$");
        info.ContainsKey("default_storage_vault_id").Should().BeFalse();
        ((bool?)info["enable_storage_vault"]).Should().BeTrue();
        var shown = (await _api.PutAsync("show_storage_vaults", CloudUniqueId)).ShouldBeOk().Result;
        JsonNode.DeepEquals(shown, info).Should().BeTrue();
    }

    [Theory]
    [InlineData("add_s3_vault", """{"obj_info": OBJ}""", 400, "vault.name")]
    [InlineData("add_s3_vault", """{"name": "2nd", "obj_info": OBJ}""", 400, "vault.name")]
    [InlineData("add_s3_vault", """{"name": "built_in_storage_vault", "obj_info": OBJ}""", 409, "built_in_storage_vault")]
    [InlineData("add_s3_vault", """{"name": "v"}""", 400, "vault.obj_info")]
    [InlineData("add_s3_vault", """{"name": "v", "obj_info": {}}""", 400, "vault.obj_info.ak")]
    [InlineData("add_hdfs_vault", """{"name": "v", "obj_info": OBJ}""", 400, "vault.hdfs_info")]
    [InlineData("add_hdfs_vault", """{"name": "v", "hdfs_info": {}}""", 400, "vault.hdfs_info.build_conf.fs_name")]
    [InlineData("add_hdfs_vault", """{"name": "v", "hdfs_info": {"build_conf": {"fs_name": "f"}}}""", 400, "build_conf.user")]
    [InlineData("add_hdfs_vault", """{"name": "v", "hdfs_info": {"build_conf": {"fs_name": "f", "user": "u"}}}""", 400, "prefix")]
    public async Task A_vault_that_is_not_right_is_refused(string endpoint, string vault, int status, string part)
    {
        await CreateAsync(Sample.VaultInstance(_id));
        var before = (await InfoAsync()).ToJsonString();
        var reply = await PutAsync(endpoint, vault.Replace("OBJ", Sample.ObjInfo("ak2", "sk2"), StringComparison.Ordinal));
        reply.ShouldFail(status, status == 409 ? "ALREADY_EXISTED" : "INVALID_ARGUMENT", part);
        (await InfoAsync()).ToJsonString().Should().Be(before);
    }

    [Fact]
    public async Task A_vault_can_become_the_default_one()
    {
        await CreateAsync(Sample.VaultInstance(_id));
        var body = Sample.Json($$"""
            {"cloud_unique_id": "1:{{_id}}:x", "set_as_default_storage_vault": true,
             "vault": {"name": "second", "obj_info": {{Sample.ObjInfo("ak2", "sk2")}} } }
            """);
        (await _api.PutAsync("add_s3_vault", body)).ShouldBeOk();
        (await PutAsync("alter_s3_vault", """{"name": "second", "alter_name": "renamed"}""")).ShouldBeOk();
        var info = await InfoAsync();
        ((string?)info["default_storage_vault_id"]).Should().Be("2");
        ((string?)info["default_storage_vault_name"]).Should().Be("renamed");
        info["storage_vault"]!.AsArray().Select(v => (string?)v!["name"]).Should().Equal("built_in_storage_vault", "renamed");
    }

    [Fact]
    public async Task Keys_of_a_vault_change_together()
    {
        await CreateAsync(Sample.VaultInstance(_id));
        const string Name = "built_in_storage_vault";
        (await PutAsync("alter_s3_vault", $$"""{"name": "{{Name}}", "obj_info": {"ak": "new-ak", "sk": "new-sk"} }"""))
            .ShouldBeOk();
        var s3 = (await InfoAsync())["storage_vault"]![0]!["obj_info"]!;
        ((string?)s3["ak"]).Should().Be("new-ak");
        ((string?)s3["sk"]).Should().Be("new-sk");

        foreach (var refused in new[]
        {
            """ "obj_info": {"ak": "x"} """,
            """ "obj_info": {"sk": "x"} """,
            """ "obj_info": {"ak": "", "sk": "x"} """,
            """ "obj_info": {"bucket": "other"} """,
            """ "obj_info": {"prefix": "other"} """,
            """ "obj_info": {"endpoint": "other"} """,
            """ "alter_name": "not a name" """,
            """ "alter_name": "built_in_storage_vault" """,
        })
        {
            var reply = await PutAsync("alter_s3_vault", $$"""{"name": "{{Name}}", {{refused}} }""");
            reply.Status.Should().BeOneOf([400, 409], refused);
            JsonNode.DeepEquals((await InfoAsync())["storage_vault"]![0]!["obj_info"], s3).Should().BeTrue(refused);
        }

        (await PutAsync("alter_s3_vault", """{"name": "unknown", "obj_info": {"ak": "a", "sk": "b"} }"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "unknown");
        (await PutAsync("add_hdfs_vault", Hdfs("hdfs"))).ShouldBeOk();
        (await PutAsync("alter_s3_vault", """{"name": "hdfs", "obj_info": {"ak": "a", "sk": "b"} }"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "not an S3 vault");
    }

    [Fact]
    public async Task A_legacy_instance_has_no_vaults_and_a_vault_instance_no_obj_info()
    {
        await CreateAsync(Sample.LegacyInstance(_id));
        (await PutAsync("add_s3_vault", $$"""{"name": "v", "obj_info": {{Sample.ObjInfo("a", "s")}} }"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "not enabled");
        (await PutAsync("add_hdfs_vault", Hdfs("v"))).ShouldFail(400, "INVALID_ARGUMENT", "not enabled");
        var info = await InfoAsync();
        info.ContainsKey("storage_vault").Should().BeFalse();
        ((string?)info["obj_info"]![0]!["sk"]).Should().Be("legacy-sk");
    }

    [Fact]
    public async Task An_obj_info_takes_keys_or_a_role()
    {
        await CreateAsync(Sample.LegacyInstance(_id));
        (await PutObjAsync("alter_obj_info", """{"id": "1", "ak": "new-ak", "sk": "new-sk"}""")).ShouldBeOk();
        (await PutObjAsync("alter_obj_info", """{"id": "1", "ak": "new-ak", "sk": "new-sk"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "ak sk eq original, please check it");
        (await PutObjAsync("alter_obj_info", """{"id": "1", "ak": "x", "sk": "y", "role_arn": "r"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT");
        (await PutObjAsync("alter_obj_info", """{"id": "2", "ak": "x", "sk": "y"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "obj.id");
        ((string?)(await InfoAsync())["obj_info"]![0]!["sk"]).Should().Be("new-sk");

        (await PutObjAsync("alter_obj_info", """{"id": "1", "role_arn": "arn:aws:iam::1:role/r", "external_id": "e"}"""))
            .ShouldBeOk();
        var stored = (await InfoAsync())["obj_info"]![0]!.AsObject();
        ((string?)stored["role_arn"]).Should().Be("arn:aws:iam::1:role/r");
        ((string?)stored["external_id"]).Should().Be("e");
        stored.ContainsKey("sk").Should().BeFalse();

        (await PutObjAsync("alter_obj_info", """{"id": "1", "ak": "back", "sk": "again"}""")).ShouldBeOk();
        stored = (await InfoAsync())["obj_info"]![0]!.AsObject();
        ((string?)stored["sk"]).Should().Be("again");
        stored.ContainsKey("role_arn").Should().BeFalse();
    }

    [Fact]
    public async Task The_RAM_user_can_be_replaced()
    {
        await CreateAsync(Sample.VaultInstance(_id));
        var wanted = Sample.Json("""{"user_id": "r", "ak": "a", "sk": "s"}""");
        (await AlterRamUserAsync(_id, wanted)).ShouldBeOk();
        var user = (await _api.GetAsync("get_instance", ("instance_id", _id))).Result["ram_user"];
        JsonNode.DeepEquals(user, wanted).Should().BeTrue(user?.ToJsonString());

        (await _api.PutAsync("alter_ram_user", $$"""{"instance_id": "{{_id}}"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "ram_user");
        (await _api.PutAsync("alter_ram_user", $$"""{"instance_id": "{{_id}}", "ram_user": {"user_id": "r", "ak": "a"} }"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "ram_user.sk");
        (await AlterRamUserAsync("no-such", wanted)).ShouldFail(404, "NOT_FOUND", "no-such");
    }

    [Fact]
    public async Task The_IAM_user_belongs_to_all_instances()
    {
        await using var server = await InProcessServer.StartAsync();
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance(_id))).ShouldBeOk();
        (await server.Api.GetAsync("get_instance", ("instance_id", _id))).Result.ContainsKey("iam_user").Should().BeFalse();
        (await server.Api.PutAsync("alter_iam", """{"account_id": "acc", "ak": "iam-ak", "sk": "iam-sk"}""")).ShouldBeOk();
        var user = (await server.Api.GetAsync("get_instance", ("instance_id", _id))).Result["iam_user"];
        JsonNode.DeepEquals(
            user, Sample.Json($$"""{"user_id": "acc", "ak": "iam-ak", "sk": "iam-sk", "external_id": "{{_id}}"}"""))
            .Should().BeTrue(user?.ToJsonString());

        (await server.Api.PutAsync("alter_iam", """{"account_id": "acc", "ak": "iam-ak"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "sk");
        var masked = await server.Api.GetAsync("get_instance", ("instance_id", _id), ("mask_secrets", "true"));
        masked.Text.Should().NotContainAny("iam-ak", "iam-sk", "vault-sk");
    }

    private string CloudUniqueId => $$"""{"cloud_unique_id": "1:{{_id}}:x"}""";

    private static string Hdfs(string name) => $$"""
        {"name": "{{name}}", "hdfs_info": {"build_conf": {"fs_name": "hdfs://a:1", "user": "u"}, "prefix": "/data/"} }
        """;

    private async Task CreateAsync(JsonObject body) => (await _api.PutAsync("create_instance", body)).ShouldBeOk();

    private Task<ApiReply> PutAsync(string endpoint, string vault) =>
        _api.PutAsync(endpoint, $$"""{"cloud_unique_id": "1:{{_id}}:x", "vault": {{vault}} }""");

    private Task<ApiReply> PutObjAsync(string endpoint, string obj) =>
        _api.PutAsync(endpoint, $$"""{"cloud_unique_id": "1:{{_id}}:x", "obj": {{obj}} }""");

    private Task<ApiReply> AlterRamUserAsync(string instanceId, JsonObject user) =>
        _api.PutAsync("alter_ram_user", new JsonObject { ["instance_id"] = instanceId, ["ram_user"] = user.DeepClone() });

    private async Task<JsonObject> InfoAsync() => (await _api.PutAsync("get_obj_store_info", CloudUniqueId)).ShouldBeOk().Result;
}
