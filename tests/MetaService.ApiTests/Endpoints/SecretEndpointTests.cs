using System.Text.Json.Nodes;
using MetaService.Server.Secrets;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Endpoints;

/// <summary>The rotation over HTTP, and servers that do not have the same keys.</summary>
public sealed class SecretEndpointTests
{
    [Fact]
    public async Task A_rotation_is_paged()
    {
        await using var server = await InProcessServer.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance($"i{i}"))).ShouldBeOk();
        }

        var (examined, pages, token) = (0, 0, "");
        JsonObject result;
        do
        {
            var page = await server.Api.PutAsync("rotate_secrets", $$"""{"limit": 4, "page_token": "{{token}}"}""");
            result = page.ShouldBeOk().Result;
            ((string?)result["encryption_method"], (string?)result["key_id"]).Should().Be(("AES_256_GCM", "1"));
            ((int?)result["resealed"]).Should().Be(0);
            examined += (int)result["examined"]!;
            token = (string?)result["next_page_token"] ?? "";
            pages++;
        }
        while (token.Length > 0);

        (examined, pages).Should().Be((11, 3));
        result.ContainsKey("removable_key_ids").Should().BeFalse("key 2 has yet to be used");
        (await server.Api.PutAsync("rotate_secrets", """{"limit": 0}""")).ShouldFail(400, "INVALID_ARGUMENT", "limit");
        (await server.Api.PutAsync("rotate_secrets", """{"page_token": "nonsense"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "page_token");
    }

    [Fact]
    public async Task Servers_with_different_current_keys_read_what_the_other_wrote()
    {
        var servers = await InProcessServer.StartManyAsync(2, (n, options) =>
            options.Secrets.Keys = n == 0 ? TestSecrets.Keys : TestSecrets.Rotated);
        try
        {
            (await servers[0].Api.PutAsync("create_instance", Sample.VaultInstance("a"))).ShouldBeOk();
            (await servers[1].Api.PutAsync("create_instance", Sample.VaultInstance("b"))).ShouldBeOk();
            foreach (var server in servers)
            {
                (await SecretOfAsync(server, "a"), await SecretOfAsync(server, "b")).Should().Be(("vault-sk", "vault-sk"));
            }

            var rotated = (await servers[1].Api.PutAsync("rotate_secrets", "{}")).ShouldBeOk().Result;
            (rotated["key_id"]!.ToString(), rotated["removable_key_ids"]!.ToJsonString()).Should().Be(("2", """["1"]"""));
            (await SecretOfAsync(servers[0], "a")).Should().Be("vault-sk");
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_server_without_the_key_of_a_secret_says_so_and_goes_on()
    {
        using var files = new TemporaryDirectory();
        var keyFile = Path.Combine(files.Path, "keys");
        KeyFile.Add(keyFile);
        var servers = await InProcessServer.StartManyAsync(2, (n, options) =>
        {
            options.Secrets.Keys = null;
            options.Secrets.KeyFile = n == 0 ? keyFile : keyFile + ".late";
            File.Copy(keyFile, keyFile + ".late", overwrite: true);
        });
        try
        {
            (await servers[0].Api.PutAsync("create_instance", Sample.VaultInstance("a"))).ShouldBeOk();
            KeyFile.Add(keyFile);
            KeyFile.MakeCurrent(keyFile, 2);
            (await servers[0].Api.PutAsync("rotate_secrets", "{}")).ShouldBeOk();

            var refused = await servers[1].Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "1:a:x"}""");
            refused.ShouldFail(
                503, "INTERNAL_ERROR", "storage_vault/1 of instance a is sealed with key 2, which this server does not have");
            refused.Headers.RetryAfter.Should().NotBeNull();
            var rpc = await servers[1].Api.SendAsync(
                HttpMethod.Post,
                "/MetaService/get_obj_store_info?token=greedisgood9999",
                new StringContent("""{"cloud_unique_id": "1:a:x"}"""));
            ((string?)JsonNode.Parse(rpc.Text)!["status"]!["code"]).Should().Be("ERR_DECPYPT");
            (await servers[1].Api.PutAsync("add_cluster", Sample.Compute("a", "c", Sample.Node("n")))).ShouldBeOk();
            (await servers[1].Api.GetAsync("get_instance", ("instance_id", "a"), ("mask_secrets", "true"))).ShouldBeOk();

            File.Copy(keyFile, keyFile + ".late", overwrite: true);
            (await servers[1].Api.PutAsync("rotate_secrets", "{}")).ShouldBeOk(); // It looks at the keys at once.
            (await SecretOfAsync(servers[1], "a")).Should().Be("vault-sk");
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_shared_store_needs_keys_and_is_told_how_to_make_them()
    {
        var source = KeySources.Create(new ServerOptions { Store = "foundationdb" });
        var create = () => source.CreateAsync(default);
        (await create.Should().ThrowAsync<Security.SecretKeyException>())
            .WithMessage("*metaservice secrets new-key --file*Secrets:KeyFile*");
    }

    private static async Task<string?> SecretOfAsync(InProcessServer server, string instanceId)
    {
        var info = await server.Api.PutAsync("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{instanceId}}:x"}""");
        return (string?)info.ShouldBeOk().Result["storage_vault"]![0]!["obj_info"]!["sk"];
    }
}
