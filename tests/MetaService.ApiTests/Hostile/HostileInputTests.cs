using System.Text;
using Xunit.Abstractions;

namespace MetaService.ApiTests.Hostile;

/// <summary>Whatever is sent, the reply is one that the API defines, and the server goes on.</summary>
public sealed class HostileInputTests(MemoryServer fixture, ITestOutputHelper output) : IClassFixture<MemoryServer>
{
    private const int Seed = 20240917;

    private static readonly Encoding Latin1 = Encoding.Latin1;

    private readonly InProcessServer _server = fixture.Server;

    [Fact]
    public async Task Wrong_bodies_and_queries_get_defined_replies()
    {
        var endpoints = await ApiDescription.AllAsync(_server.Api);
        await HostileState.PrepareAsync(_server.Api, endpoints);
        var faults = new List<string>();
        var statuses = new Dictionary<int, int>();
        foreach (var request in HostileRequest.All(_server.Api, endpoints, new Random(Seed)))
        {
            var content = request.Body is null ? null : new ByteArrayContent(request.Body);
            var reply = await _server.Api.SendAsync(new HttpMethod(request.Verb), request.Path, content);
            statuses[reply.Status] = statuses.GetValueOrDefault(reply.Status) + 1;
            if (Verdict.Of(request.Endpoint, reply.Status, reply.Text) is { } fault)
            {
                faults.Add($"{fault}: {request}\n{reply.Status} {reply.Text}");
            }
        }

        output.WriteLine(string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} replies with {s.Key}")));
        faults.Take(20).Should().BeEmpty($"{faults.Count} replies are wrong");
        statuses.Values.Sum().Should().BeGreaterThan(4000);
        statuses.GetValueOrDefault(200).Should().BeGreaterThan(100, "the requests must get past the parser");
        statuses.GetValueOrDefault(404).Should().BeGreaterThan(10);
        statuses.GetValueOrDefault(409).Should().BeGreaterThan(10);
        statuses.GetValueOrDefault(500).Should().BeGreaterThan(0);
        await ShouldWorkAsync();
        await StoreContent.ShouldBeSoundAsync(_server.Store);
    }

    [Theory]
    [InlineData("GET /MetaService/http/%00")]
    [InlineData("GET /MetaService/http/v1/%ff%fe")]
    [InlineData("GET /MetaService/http/v1/get_instance%00")]
    [InlineData("GET /MetaService/http/v1/get_instance%2f")]
    [InlineData("GET /MetaService/http/v1/../v1/nothing")]
    [InlineData("GET /MetaService/http/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("GET /MetaService/http//nothing")]
    [InlineData("GET /MetaService/http/v1//")]
    [InlineData("GET /MetaService/http/v1/%")]
    [InlineData("GET /MetaService/http/v1/%zz")]
    [InlineData("GET /MetaService/http/\xe5\x8c\x97")]
    [InlineData("GET /MetaService/http/v1/create_instance;x=y")]
    [InlineData("PUT /MetaService/http/get_instance/get_instance")]
    [InlineData("QUERY /MetaService/http/get_instance")]
    [InlineData("get /MetaService/http/get_instance")]
    [InlineData("TRACE /MetaService/http/get_instance")]
    [InlineData("DELETE /MetaService/http/get_instance")]
    [InlineData("GET http://other.example/MetaService/http/nothing")]
    [InlineData("GET *")]
    [InlineData("CONNECT a:1")]
    [InlineData("GET MetaService/http/nothing")]
    [InlineData("\x16\x03\x01\x02 \x01 ")]
    public async Task Weird_request_lines_are_refused(string line)
    {
        var query = line.Contains("/MetaService/", StringComparison.Ordinal) ? "?token=greedisgood9999" : "";
        var request = $"{line}{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
        var reply = await RawHttp.SendAsync(_server.Address, Latin1.GetBytes(request));
        reply.Status.Should().BeInRange(400, 499);
        (reply.Body.Length == 0 ? null : Verdict.Of("", reply.Status, reply.Body)).Should().BeNull(reply.Body);
        await ShouldWorkAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Host: a\r\nHost: b\r\n")]
    [InlineData("Host: x\r\nContent-Length: -1\r\n")]
    [InlineData("Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n")]
    [InlineData("Host: x\r\nContent-Length: 99999999999999999999\r\n")]
    [InlineData("Host: x\r\nTransfer-Encoding: nonsense\r\n")]
    [InlineData("Host: x\r\n: y\r\n")]
    [InlineData("Host: x\r\nX\0: y\r\n")]
    [InlineData("Host: x\r\nContent-Length: 2000000\r\n")]
    [InlineData("Host: x\r\nAuthorization: Bearer \xff\r\nAuthorization: Bearer y\r\nContent-Length: 90000000\r\n")]
    public async Task Weird_headers_are_refused(string headers)
    {
        var request = $"PUT /MetaService/http/create_instance?token=greedisgood9999 HTTP/1.1\r\n{headers}\r\n";
        var reply = await RawHttp.SendAsync(_server.Address, Latin1.GetBytes(request));
        reply.Status.Should().BeInRange(400, 499);
        (reply.Body.Length == 0 ? null : Verdict.Of("", reply.Status, reply.Body)).Should().BeNull(reply.Body);
        await ShouldWorkAsync();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(20_000)]
    [InlineData(200_000)]
    public async Task Long_lines_and_headers_are_refused(int length)
    {
        var filler = new string('x', length);
        foreach (var request in new[]
        {
            $"GET /MetaService/http/{filler}?token=greedisgood9999 HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /MetaService/http/nothing?token=greedisgood9999&x={filler} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /MetaService/http/nothing?token={filler} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /MetaService/http/nothing?token=greedisgood9999 HTTP/1.1\r\nHost: x\r\n{filler}: {filler}\r\n\r\n",
            string.Concat(Enumerable.Range(0, length / 10).Select(i => $"X{i}: y\r\n")),
        })
        {
            var reply = await RawHttp.SendAsync(_server.Address, request);
            reply.Status.Should().BeInRange(400, 499);
        }

        await ShouldWorkAsync();
    }

    [Fact]
    public void The_verdict_notices_what_must_not_be()
    {
        const string Good = "{\n    \"code\": \"OK\",\n    \"msg\": \"\"\n}\n";
        Verdict.Of("add_node", 200, Good).Should().BeNull();
        Verdict.Of("decode_key", 200, "┌─\n").Should().BeNull();
        Verdict.Of("abort_txn", 404, "status {\n  code: TXN_ID_NOT_FOUND\n}\n").Should().BeNull();
        Verdict.Of("add_node", 500, """{"code": "INTERNAL_ERROR", "msg": "no mysql user name to change"}""").Should().BeNull();

        Verdict.Of("add_node", 400, Good).Should().NotBeNull();
        Verdict.Of("add_node", 400, "no").Should().NotBeNull();
        Verdict.Of("add_node", 400, "").Should().NotBeNull();
        Verdict.Of("add_node", 200, "").Should().NotBeNull();
        Verdict.Of("add_node", 400, """{"code": "INVALID_ARGUMENT", "msg": ""}""").Should().NotBeNull();
        Verdict.Of("add_node", 400, """{"code": "INVALID_ARGUMENT", "msg": "System.String"}""").Should().NotBeNull();
        Verdict.Of("add_node", 400, """{"code": "INVALID_ARGUMENT", "msg": "x   at A.B(C c)"}""").Should().NotBeNull();
        Verdict.Of("add_node", 400, """{"code": "INVALID_ARGUMENT", "msg": "CANARY-ak"}""").Should().NotBeNull();
        Verdict.Of("add_node", 500, """{"code": "INTERNAL_ERROR", "msg": "internal error"}""").Should().NotBeNull();
        Verdict.Of("add_node", 503, """{"code": "INTERNAL_ERROR", "msg": "try again"}""").Should().NotBeNull();
        Verdict.Of("add_node", 200, """{"code": "OK", "msg": "", "more": 1}""").Should().NotBeNull();
        Verdict.Of("get_instance", 200, """{"code": "OK", "msg": "", "result": {"ak": "CANARY-ak"}}""").Should().BeNull();
    }

    private async Task ShouldWorkAsync()
    {
        var id = Sample.NewId();
        (await _server.Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await _server.Api.GetAsync("get_instance", ("instance_id", id))).ShouldBeOk();
    }
}
