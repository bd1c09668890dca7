
namespace MetaService.ApiTests.Endpoints;

/// <summary>Endpoints on single keys.</summary>
public sealed class KeyEndpointTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    private const string GavinKey = "0110696e7374616e6365000110676176696e2d696e7374616e63650001";

    private readonly ApiClient _api = fixture.Server.Api;

    [Fact]
    public async Task A_key_is_built_from_its_fields()
    {
        var encoded = await TextAsync("encode_key", ("key_type", "InstanceKey"), ("instance_id", "gavin-instance"));
        var decoded = await TextAsync("decode_key", ("key", GavinKey));
        decoded.Should().EndWith(GavinKey + "\n");
        encoded.Should().Be(decoded + string.Concat(GavinKey.Chunk(2).Select(b => @"\x" + new string(b))) + "\n");
    }

    [Fact]
    public async Task A_key_is_drawn_in_ASCII_when_asked()
    {
        var plain = await TextAsync("decode_key", ("key", GavinKey), ("unicode", "false"));
        plain.Should().EndWith(GavinKey + "\n").And.Contain("gavin-instance");
        plain.Should().MatchRegex(@"\A[\x20-\x7e\n]+\z");
        var drawn = await TextAsync("decode_key", ("key", GavinKey), ("unicode", "true"));
        drawn.Should().NotMatchRegex(@"\A[\x20-\x7e\n]+\z").And.Be(await TextAsync("decode_key", ("key", GavinKey)));
        drawn.Split('\n').Select(line => line.Length).Should().Equal(plain.Split('\n').Select(line => line.Length));

        var escaped = string.Concat(GavinKey.Chunk(2).Select(b => @"\x" + new string(b)));
        (await TextAsync("decode_key", ("key", escaped))).Should().Be(drawn);
        (await TextAsync("decode_key", ("key", GavinKey.ToUpperInvariant()))).Should().Be(drawn);
        (await _api.GetAsync("decode_key", ("key", GavinKey), ("unicode", "maybe")))
            .ShouldFail(400, "INVALID_ARGUMENT", "unicode");
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("xyz")]
    [InlineData("01106")]
    [InlineData("0110696e73")]
    [InlineData("0110696e7374616e6365000110676176696e2d696e7374616e6365000155")]
    [InlineData("é")]
    public async Task What_is_no_key_is_refused(string key) =>
        (await _api.GetAsync("decode_key", ("key", key))).ShouldFail(400, "INVALID_ARGUMENT");

    [Fact]
    public async Task A_value_is_shown_without_its_secrets()
    {
        var id = Sample.NewId();
        (await _api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        var vault = await TextAsync("get_value", ("key_type", "StorageVaultKey"), ("instance_id", id), ("vault_id", "1"));
        vault.Should().Contain("built_in_storage_vault").And.Contain("cos.example.com").And.Contain("******");
        vault.Should().NotContainAny("vault-ak", "vault-sk");

        var legacy = Sample.NewId();
        (await _api.PutAsync("create_instance", Sample.LegacyInstance(legacy))).ShouldBeOk();
        var byFields = await TextAsync("get_value", ("key_type", "InstanceKey"), ("instance_id", legacy));
        byFields.Should().Contain(legacy).And.Contain("bucket_user").And.EndWith("\n");
        byFields.Should().NotContainAny("legacy-ak", "legacy-sk", "ram-ak", "ram-sk");

        var encoded = await TextAsync("encode_key", ("key_type", "InstanceKey"), ("instance_id", legacy));
        var key = encoded.Split('\n')[^3];
        (await TextAsync("get_value", ("key", key))).Should().Be(byFields);
        (await TextAsync("get_value", ("key", key), ("key_type", "InstanceKey"))).Should().Be(byFields);
        (await _api.GetAsync("get_value", ("key", key), ("key_type", "StorageVaultKey")))
            .ShouldFail(400, "INVALID_ARGUMENT", "InstanceKey");
    }

    [Theory]
    [InlineData("encode_key")]
    [InlineData("get_value")]
    public async Task A_type_or_field_that_is_missing_is_named(string endpoint)
    {
        (await _api.GetAsync(endpoint)).ShouldFail(400, "INVALID_ARGUMENT", "key_type");
        (await _api.GetAsync(endpoint, ("key_type", "NoKey")))
            .ShouldFail(400, "INVALID_ARGUMENT", "key_type not supported: NoKey");
        (await _api.GetAsync(endpoint, ("key_type", "InstanceKey"))).ShouldFail(400, "INVALID_ARGUMENT", "instance_id");
        (await _api.GetAsync(endpoint, ("key_type", "TxnIndexKey"), ("instance_id", "i"), ("txn_id", "x")))
            .ShouldFail(400, "INVALID_ARGUMENT", "txn_id");
    }

    [Fact]
    public async Task Nothing_under_a_key_is_not_found() =>
        (await _api.GetAsync("get_value", ("key", GavinKey))).ShouldFail(404, "NOT_FOUND");

    [Fact]
    public async Task An_embedded_store_has_one_range() =>
        (await TextAsync("show_meta_ranges")).Should().StartWith("total meta ranges: 1\n");

    private async Task<string> TextAsync(string endpoint, params (string Name, string Value)[] query)
    {
        var reply = await _api.GetAsync(endpoint, query);
        reply.Status.Should().Be(200, reply.Text);
        reply.ContentHeaders.ContentType!.ToString().Should().Be("text/plain; charset=utf-8");
        return reply.Text;
    }
}
