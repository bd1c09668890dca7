using System.Text;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Paths, verbs, content types, sizes and parameters: what all endpoints have in common.</summary>
public sealed class HttpRulesTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    private const int MaxBody = 1024 * 1024;

    private readonly ApiClient _api = fixture.Server.Api;

    [Theory]
    [InlineData("v1/list_instances")]
    [InlineData("list_instances")]
    [InlineData("v1/list_instances/")]
    [InlineData("list_instances/")]
    public async Task Both_forms_of_a_path_answer_with_and_without_a_trailing_slash(string name) =>
        (await _api.GetAsync(name)).ShouldBeOk();

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v1/")]
    [InlineData("nothing")]
    [InlineData("v1/nothing")]
    [InlineData("v2/list_instances")]
    [InlineData("v1/v1/list_instances")]
    [InlineData("list_instances/more")]
    [InlineData("%6eothing")]
    public async Task An_unknown_name_is_not_found(string name) =>
        (await _api.GetAsync(name)).ShouldFail(404, "NOT_FOUND", "no such endpoint");

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task Each_verb_of_the_document_answers_alike(string verb)
    {
        var id = Sample.NewId();
        var body = new StringContent(Sample.VaultInstance(id).ToJsonString());
        (await _api.SendAsync(new HttpMethod(verb), _api.PathOf("create_instance"), body)).ShouldBeOk();
        var shown = await _api.SendAsync(new HttpMethod(verb), _api.PathOf("get_instance", ("instance_id", id)));
        ((string?)shown.ShouldBeOk().Result["instance_id"]).Should().Be(id);
    }

    [Theory]
    [InlineData("DELETE", "v1/create_instance")]
    [InlineData("DELETE", "get_instance")]
    [InlineData("PATCH", "v1/add_node/")]
    [InlineData("OPTIONS", "get_cluster")]
    public async Task Other_verbs_are_refused_with_those_that_are_allowed(string verb, string name)
    {
        var reply = await _api.SendAsync(new HttpMethod(verb), _api.PathOf(name));
        reply.ShouldFail(405, "INVALID_ARGUMENT", "GET, PUT, POST");
        reply.ContentHeaders.Allow.Should().BeEquivalentTo("GET", "PUT", "POST");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task The_content_type_is_not_looked_at(string? contentType)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Sample.VaultInstance(Sample.NewId()).ToJsonString()));
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        (await _api.SendAsync(HttpMethod.Post, _api.PathOf("create_instance"), content)).ShouldBeOk();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_one_MiB_is_taken_and_a_byte_more_is_not(bool chunked)
    {
        var body = Encoding.UTF8.GetBytes(Sample.VaultInstance(Sample.NewId()).ToJsonString());
        (await SendPaddedAsync(body, MaxBody, chunked)).ShouldBeOk();
        for (var again = 0; again < 5; again++)
        {
            // Each time on the connection of the time before, which a refusal must not break.
            (await SendPaddedAsync(body, MaxBody + 1, chunked)).ShouldFail(413, "INVALID_ARGUMENT", "1048576");
            (await SendPaddedAsync(body, MaxBody, chunked)).ShouldFail(409, "ALREADY_EXISTED");
        }
    }

    [Fact]
    public async Task Size_and_depth_of_a_body_can_be_set()
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Limits.BodyBytes = 3 * MaxBody;
            options.Limits.JsonDepth = 3;
        });
        var body = Encoding.UTF8.GetBytes(Sample.VaultInstance(Sample.NewId()).ToJsonString());
        (await SendPaddedAsync(server.Api, body, 3 * MaxBody, chunked: false)).ShouldBeOk();
        (await SendPaddedAsync(server.Api, body, 3 * MaxBody, chunked: true)).ShouldFail(409, "ALREADY_EXISTED");
        (await SendPaddedAsync(server.Api, body, (3 * MaxBody) + 1, chunked: true)).ShouldFail(413, "INVALID_ARGUMENT", "3145728");
        (await server.Api.PutAsync("create_instance", """{"a": {"b": [0]}}""")).ShouldFail(400, "INVALID_ARGUMENT", "instance_id");
        (await server.Api.PutAsync("create_instance", """{"a": {"b": [[0]]}}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "at most 3 levels of objects and arrays");
    }

    [Fact]
    public async Task A_parameter_given_twice_is_refused()
    {
        var path = _api.PathOf("get_instance", ("instance_id", "a"), ("instance_id", "a"));
        (await _api.SendAsync(HttpMethod.Get, path)).ShouldFail(400, "INVALID_ARGUMENT", "instance_id");
        path = _api.PathOf("create_instance", ("any", "a"), ("any", "b"));
        (await _api.SendAsync(HttpMethod.Put, path, new StringContent("{}"))).ShouldFail(400, "INVALID_ARGUMENT", "any");
    }

    [Fact]
    public async Task Query_values_are_decoded()
    {
        var id = Sample.NewId() + " é+/&=%41";
        (await _api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        var reply = await _api.GetAsync("get_instance", ("instance_id", id));
        ((string?)reply.ShouldBeOk().Result["instance_id"]).Should().Be(id);

        var plus = Uri.EscapeDataString(id).Replace("%20", "+", StringComparison.Ordinal);
        reply = await _api.SendAsync(HttpMethod.Get, _api.PathOf("get_instance") + "&instance_id=" + plus);
        ((string?)reply.ShouldBeOk().Result["instance_id"]).Should().Be(id);
    }

    [Fact]
    public async Task Replies_are_laid_out_byte_for_byte()
    {
        var id = Sample.NewId();
        var created = await _api.PutAsync("create_instance", Sample.VaultInstance(id));
        created.Text.Should().Be("{\n    \"code\": \"OK\",\n    \"msg\": \"\"\n}\n");
        created.ContentHeaders.ContentType!.ToString().Should().Be("application/json");
        created.ContentHeaders.ContentLength.Should().Be(created.Text.Length);
        created.Headers.Contains("Server").Should().BeFalse();

        var again = await _api.PutAsync("create_instance", Sample.VaultInstance(id));
        again.Status.Should().Be(409);
        again.Text.Should().Be(
            "{\n    \"code\": \"ALREADY_EXISTED\",\n    \"msg\": \"instance already existed, instance_id=" + id + "\"\n}\n");
        again.ContentHeaders.ContentType!.ToString().Should().Be("application/json");

        (await _api.PutAsync("add_cluster", Sample.Compute(id, "c", Sample.Node($"1:{id}:n")))).ShouldBeOk();
        var shown = await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "1:{{id}}:x", "cluster_id": "c"}""");
        var node = shown.ShouldBeOk().Result["nodes"]![0]!;
        shown.Text.Should().Be($$"""
            {
                "code": "OK",
                "msg": "",
                "result": {
                    "cluster_id": "c",
                    "cluster_name": "c",
                    "type": "COMPUTE",
                    "nodes": [
                        {
                            "cloud_unique_id": "1:{{id}}:n",
                            "ip": "172.21.0.5",
                            "ctime": "{{node["ctime"]}}",
                            "mtime": "{{node["mtime"]}}",
                            "heartbeat_port": 9050
                        }
                    ],
                    "cluster_status": "NORMAL"
                }
            }

            """);
    }

    [Fact]
    public async Task Text_is_neither_escaped_nor_changed()
    {
        var id = Sample.NewId();
        const string Name = "北京 <é> & 'x' + / 😀";
        var body = Sample.VaultInstance(id);
        body["name"] = Name + " \"q\" \\ \u0001 \n";
        (await _api.PutAsync("create_instance", body)).ShouldBeOk();

        var reply = await _api.GetAsync("get_instance", ("instance_id", id));
        ((string?)reply.ShouldBeOk().Result["name"]).Should().Be((string?)body["name"]);
        reply.Text.Should().Contain($"\"name\": \"{Name} \\\"q\\\" \\\\ \\u0001 \\n\"");
    }

    private Task<ApiReply> SendPaddedAsync(byte[] body, int length, bool chunked) => SendPaddedAsync(_api, body, length, chunked);

    private static Task<ApiReply> SendPaddedAsync(ApiClient api, byte[] body, int length, bool chunked)
    {
        var padded = new byte[length];
        padded.AsSpan().Fill((byte)' ');
        body.CopyTo(padded, 0);
        HttpContent content = chunked ? new ChunkedContent(padded) : new ByteArrayContent(padded);
        return api.SendAsync(HttpMethod.Put, api.PathOf("create_instance"), content);
    }

    /// <summary>Content whose length is not told beforehand.</summary>
    private sealed class ChunkedContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(bytes, 0, bytes.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
