using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Endpoints on instances, as far as the recorded conversations leave off.</summary>
public sealed class InstanceTests(MemoryServer fixture) : SoundStoreTests(fixture), IClassFixture<MemoryServer>
{
    private readonly ApiClient _api = fixture.Server.Api;

    [Fact]
    public async Task An_instance_can_be_renamed()
    {
        var id = await CreateAsync(Sample.VaultInstance(Sample.NewId()));
        (await _api.PutAsync("rename_instance", $$"""{"instance_id": "{{id}}", "name": "another"}""")).ShouldBeOk();
        var instance = await ShowAsync(id);
        ((string?)instance["name"]).Should().Be("another");
        instance.ContainsKey("mtime").Should().BeTrue();

        (await _api.PutAsync("rename_instance", $$"""{"instance_id": "{{id}}"}""")).ShouldFail(400, "INVALID_ARGUMENT", "name");
        (await _api.PutAsync("rename_instance", """{"instance_id": "no-such", "name": "x"}"""))
            .ShouldFail(404, "NOT_FOUND", "no-such");
        (await _api.PutAsync("drop_instance", $$"""{"instance_id": "{{id}}"}""")).ShouldBeOk();
        (await _api.PutAsync("rename_instance", $$"""{"instance_id": "{{id}}", "name": "x"}""")).ShouldFail(404, "NOT_FOUND");
        ((string?)(await ShowAsync(id))["name"]).Should().Be("another");
    }

    [Fact]
    public async Task Encryption_can_be_switched_off_again()
    {
        var id = await CreateAsync(Sample.LegacyInstance(Sample.NewId()));
        var body = $$"""{"instance_id": "{{id}}"}""";
        (await _api.PutAsync("disable_instance_sse", body)).ShouldFail(400, "INVALID_ARGUMENT", "failed to disable sse");
        (await _api.PutAsync("enable_instance_sse", body)).ShouldBeOk();
        (await _api.PutAsync("disable_instance_sse", body)).ShouldBeOk();
        var instance = await ShowAsync(id);
        ((bool?)instance["sse_enabled"]).Should().BeFalse();
        ((bool?)instance["obj_info"]![0]!["sse_enabled"]).Should().BeFalse();
        (await _api.PutAsync("disable_instance_sse", body)).ShouldFail(400, "INVALID_ARGUMENT", "failed to disable sse");
    }

    [Fact]
    public async Task Secrets_are_shown_unless_they_are_to_be_masked()
    {
        var id = await CreateAsync(Sample.LegacyInstance(Sample.NewId()));
        string[] secrets = ["legacy-ak", "legacy-sk", "ram-ak", "ram-sk"];
        var shown = await _api.GetAsync("get_instance", ("instance_id", id));
        shown.Text.Should().ContainAll(secrets);
        (await _api.GetAsync("get_instance", ("instance_id", id), ("mask_secrets", "false"))).Text.Should().Be(shown.Text);

        var masked = await _api.GetAsync("get_instance", ("instance_id", id), ("mask_secrets", "true"));
        masked.ShouldBeOk();
        secrets.Should().AllSatisfy(secret => masked.Text.Should().NotContain(secret));
        foreach (var secret in secrets)
        {
            shown = shown with { Text = shown.Text.Replace($"\"{secret}\"", "\"******\"", StringComparison.Ordinal) };
        }

        masked.Text.Should().Be(shown.Text);
        (await _api.GetAsync("get_instance", ("instance_id", id), ("mask_secrets", "yes")))
            .ShouldFail(400, "INVALID_ARGUMENT", "mask_secrets");
    }

    [Fact]
    public async Task Instances_are_listed_page_by_page_in_order()
    {
        var prefix = Sample.NewId("list");
        var ids = Enumerable.Range(0, 7).Select(i => $"{prefix}-{i}").ToList();
        foreach (var id in ids.AsEnumerable().Reverse())
        {
            await CreateAsync(Sample.VaultInstance(id));
        }

        var pages = await PagesAsync(("prefix", prefix), ("limit", "3"));
        pages.Select(p => p.Count).Should().Equal(3, 3, 1);
        pages.SelectMany(p => p).Should().Equal(ids);
        (await PagesAsync(("prefix", prefix), ("limit", "1"))).SelectMany(p => p).Should().Equal(ids);
        (await PagesAsync(("prefix", prefix))).Should().ContainSingle().Which.Should().Equal(ids);
        (await PagesAsync(("prefix", ids[2]))).Should().ContainSingle().Which.Should().Equal(ids[2]);
        (await PagesAsync(("prefix", prefix + "-no"))).Should().ContainSingle().Which.Should().BeEmpty();
        (await PagesAsync(("prefix", prefix), ("page_token", ids[4]))).SelectMany(p => p).Should().Equal(ids[5], ids[6]);
        (await PagesAsync(("prefix", prefix), ("page_token", ids[6] + "x"))).SelectMany(p => p).Should().BeEmpty();
        (await PagesAsync(("prefix", prefix), ("page_token", "a"))).SelectMany(p => p).Should().Equal(ids);
    }

    [Fact]
    public async Task Instances_are_listed_by_status()
    {
        var prefix = Sample.NewId("stat");
        var ids = Enumerable.Range(0, 6).Select(i => $"{prefix}-{i}").ToList();
        foreach (var id in ids)
        {
            await CreateAsync(Sample.VaultInstance(id));
        }

        (await _api.PutAsync("drop_instance", $$"""{"instance_id": "{{ids[1]}}"}""")).ShouldBeOk();
        (await _api.PutAsync("set_instance_status", $$"""{"instance_id": "{{ids[4]}}", "op": "SET_OVERDUE"}""")).ShouldBeOk();

        async Task<IEnumerable<string>> ListAsync(string status) =>
            (await PagesAsync(("prefix", prefix), ("status", status), ("limit", "2"))).SelectMany(p => p);

        (await ListAsync("NORMAL")).Should().Equal(ids[0], ids[2], ids[3], ids[5]);
        (await ListAsync("DELETED")).Should().Equal(ids[1]);
        (await ListAsync("OVERDUE")).Should().Equal(ids[4]);
        (await PagesAsync(("prefix", prefix))).SelectMany(p => p).Should().Equal(ids);
    }

    [Fact]
    public async Task A_listed_instance_shows_its_size_and_no_secrets()
    {
        var id = await CreateAsync(Sample.LegacyInstance(Sample.NewId()));
        (await _api.PutAsync("add_cluster", Sample.Compute(id, "a", Sample.Node($"1:{id}:1"), Sample.Node($"1:{id}:2"))))
            .ShouldBeOk();
        (await _api.PutAsync("add_cluster", Sample.Compute(id, "b", Sample.Node($"1:{id}:3")))).ShouldBeOk();

        var reply = await _api.GetAsync("list_instances", ("prefix", id));
        reply.Text.Should().NotContainAny("legacy-ak", "legacy-sk", "ram-ak", "ram-sk");
        var expected = Sample.Json($$"""
            {"instances": [{"instance_id": "{{id}}", "name": "name of {{id}}", "user_id": "user", "status": "NORMAL",
             "enable_storage_vault": false, "cluster_count": 2, "node_count": 3}]}
            """);
        JsonNode.DeepEquals(reply.ShouldBeOk().Result, expected).Should().BeTrue(reply.Text);
    }

    [Theory]
    [InlineData("limit", "0")]
    [InlineData("limit", "-1")]
    [InlineData("limit", "1001")]
    [InlineData("limit", "1.5")]
    [InlineData("limit", " 5")]
    [InlineData("limit", "+5")]
    [InlineData("limit", "many")]
    [InlineData("limit", "99999999999999999999")]
    [InlineData("status", "normal")]
    [InlineData("status", "1")]
    public async Task A_list_that_makes_no_sense_is_refused(string parameter, string value) =>
        (await _api.GetAsync("list_instances", (parameter, value))).ShouldFail(400, "INVALID_ARGUMENT", parameter);

    private async Task<string> CreateAsync(JsonObject body)
    {
        (await _api.PutAsync("create_instance", body)).ShouldBeOk();
        return (string)body["instance_id"]!;
    }

    private async Task<JsonObject> ShowAsync(string id) => (await _api.GetAsync("get_instance", ("instance_id", id)))
        .ShouldBeOk().Result;

    private async Task<List<List<string>>> PagesAsync(params (string Name, string Value)[] query)
    {
        var pages = new List<List<string>>();
        string? token = null;
        do
        {
            var next = token is null ? query : [.. query, ("page_token", token)];
            var result = (await _api.GetAsync("list_instances", next)).ShouldBeOk().Result;
            pages.Add([.. (result["instances"]?.AsArray() ?? []).Select(i => (string)i!["instance_id"]!)]);
            token = (string?)result["next_page_token"];
            pages.Count.Should().BeLessThan(100);
        }
        while (token is not null);
        return pages;
    }
}
