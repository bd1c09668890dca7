using System.Text.Json.Nodes;
using MetaService.Server.Http;

namespace MetaService.ApiTests.Endpoints;

/// <summary>The OpenAPI document of a running server.</summary>
public sealed class OpenApiTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    private const string Prefix = "/MetaService/http/v1/";

    // Names of the API document and of what is offered beyond it.
    private static readonly string[] Names =
    [
        "create_instance", "drop_instance", "get_instance", "rename_instance", "set_instance_status",
        "enable_instance_sse", "disable_instance_sse", "list_instances", "add_cluster", "drop_cluster",
        "rename_cluster", "get_cluster", "get_cluster_status", "set_cluster_status", "update_cluster_mysql_user_name",
        "update_cluster_endpoint", "add_node", "drop_node", "decommission_node", "notify_decommissioned",
        "get_obj_store_info", "show_storage_vaults", "add_obj_info", "alter_obj_info", "update_ak_sk",
        "legacy_update_ak_sk", "add_s3_vault", "add_hdfs_vault", "alter_s3_vault", "alter_ram_user", "alter_iam",
        "get_tablet_stats", "abort_txn", "abort_tablet_job", "decode_key", "encode_key", "get_value",
        "show_meta_ranges", "list_txns", "txn_lazy_commit", "fix_tablet_stats", "get_stage", "rotate_secrets",
        "adjust_rate_limit", "list_rate_limit",
    ];

    [Fact]
    public async Task It_describes_the_endpoints_that_there_are()
    {
        var document = await DocumentAsync();
        ((string?)document["openapi"]).Should().StartWith("3.");
        var described = document["paths"]!.AsObject().Select(p => p.Key).ToList();
        described.Should().Contain(Names.Select(name => Prefix + name)).And.Contain(ClusterStatusEndpoint.Path);
        described.Where(p => p.StartsWith(Prefix, StringComparison.Ordinal)).Should()
            .BeEquivalentTo(fixture.Server.RoutePatterns.Where(r => r.StartsWith(Prefix, StringComparison.Ordinal)).Distinct());
    }

    [Fact]
    public async Task Each_operation_says_what_it_does_and_how_to_be_let_in()
    {
        var document = await DocumentAsync();
        var schemes = document["components"]!["securitySchemes"]!.AsObject();
        ((string?)schemes["token"]!["in"]).Should().Be("query");
        ((string?)schemes["bearer"]!["scheme"]).Should().Be("bearer");
        ((string?)schemes["basic"]!["scheme"]).Should().Be("basic");
        var ids = new HashSet<string>();
        foreach (var (path, operation) in Operations(document))
        {
            ((string?)operation["summary"]).Should().NotBeNullOrEmpty(path);
            ids.Add((string)operation["operationId"]!).Should().BeTrue(path);
            operation["responses"]!.AsObject().ContainsKey("200").Should().BeTrue(path);
            var wanted = operation["security"]!.AsArray().SelectMany(s => s!.AsObject().Select(p => p.Key)).ToList();
            wanted.Should().NotBeEmpty(path).And.BeSubsetOf(schemes.Select(s => s.Key));
        }
    }

    [Theory]
    [InlineData("add_node", "operate", false)]
    [InlineData("get_value", "raw", false)]
    [InlineData("list_instances", "read", false)]
    [InlineData("get_instance", "read", true)]
    [InlineData("get_stage", "read", true)]
    public async Task An_operation_names_the_scope_that_it_needs(string name, string scope, bool tellsOfSecrets)
    {
        var (_, operation) = Operations(await DocumentAsync()).Single(o => o.Path == Prefix + name);
        ((string?)operation["description"]).Should().Contain($"`{scope}`");
        ((string)operation["description"]!).Contains("`secrets`", StringComparison.Ordinal).Should().Be(tellsOfSecrets);
        var wanted = operation["security"]!.AsArray().SelectMany(s => s!.AsObject()).ToList();
        wanted.Should().HaveCount(2).And.OnlyContain(s => s.Value!.AsArray().Select(v => (string)v!).SequenceEqual(new[] { scope }));
    }

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        var document = await DocumentAsync();
        var references = References(document).Distinct().ToList();
        references.Should().HaveCountGreaterThan(20);
        references.Should().AllSatisfy(reference => Resolve(document, reference).Should().NotBeNull(reference));
    }

    [Fact]
    public async Task Each_request_body_has_an_example_that_fits_its_schema()
    {
        var document = await DocumentAsync();
        var count = 0;
        foreach (var (path, operation) in Operations(document))
        {
            if (operation["requestBody"]?["content"]?["application/json"] is { } content)
            {
                var example = content["example"];
                example.Should().NotBeNull(path);
                Misfits(document, content["schema"]!, example!, path).Should().BeEmpty();
                count++;
            }
        }

        count.Should().BeGreaterThan(25);
    }

    [Fact]
    public async Task The_page_for_reading_it_is_there()
    {
        var reply = await fixture.Server.Api.SendAsync(HttpMethod.Get, "/swagger/index.html");
        reply.Status.Should().Be(200);
        reply.Text.Should().Contain("swagger-ui");
    }

    private async Task<JsonObject> DocumentAsync()
    {
        var reply = await fixture.Server.Api.SendAsync(HttpMethod.Get, "/swagger/v1/swagger.json");
        reply.Status.Should().Be(200);
        return reply.Json;
    }

    private static IEnumerable<(string Path, JsonObject Operation)> Operations(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        from verb in path.Value!.AsObject()
        select (path.Key, verb.Value!.AsObject());

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(p => p.Key == "$ref" ? [(string)p.Value!] : References(p.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };

    private static JsonNode? Resolve(JsonNode document, string reference) => reference.StartsWith("#/", StringComparison.Ordinal)
        ? reference[2..].Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part])
        : null;

    private static IEnumerable<string> Misfits(JsonObject document, JsonNode schema, JsonNode value, string where)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            schema = Resolve(document, reference)!;
        }

        var type = (string?)schema["type"];
        switch (value)
        {
            case JsonObject map when type == "object":
                return map.SelectMany(p => schema["properties"]?[p.Key] is { } property
                    ? Misfits(document, property, p.Value!, $"{where}.{p.Key}")
                    : [$"{where} has no {p.Key}"]);
            case JsonArray list when type == "array":
                return list.SelectMany(item => Misfits(document, schema["items"]!, item!, where + "[]"));
            case JsonValue when schema["enum"] is JsonArray names:
                return names.Any(name => (string?)name == value.ToString()) ? [] : [$"{where} cannot be {value}"];
            default:
                var fits = value.GetValueKind() switch
                {
                    System.Text.Json.JsonValueKind.String => type == "string",
                    System.Text.Json.JsonValueKind.Number => type == "integer" || (string?)schema["format"] == "int64",
                    System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => type == "boolean",
                    _ => false,
                };
                return fits ? [] : [$"{where} cannot be {value}"];
        }
    }
}
