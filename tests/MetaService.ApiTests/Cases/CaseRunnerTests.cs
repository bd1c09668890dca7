using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Cases;

/// <summary>The runner itself: it must find fault with every wrong reply, or the conversations prove nothing.</summary>
public sealed class CaseRunnerTests
{
    private const string Good = """
        {"code": "OK", "msg": "", "result": {"id": "7", "port": 9050, "ok": true, "nodes": [{"ip": "a"}, {"ip": "b"}]}}
        """;

    private const string Expectation = """
        {"http": 200, "code": "OK", "msg": "",
         "result": {"id": "7", "port": 9050, "ok": true, "nodes": [{"ip": "a"}, {"$has": {"ip": "$nonempty"}}]}}
        """;

    [Fact]
    public void A_right_reply_passes() => Judge(Expectation, 200, Good).Should().BeNull();

    [Theory]
    [InlineData("HTTP status", 500, Good, "HTTP 500")]
    [InlineData("code", 200, """{"code": "NOT_FOUND", "msg": ""}""", "code")]
    [InlineData("code missing", 200, """{"msg": ""}""", "no code")]
    [InlineData("msg", 200, """{"code": "OK", "msg": "x"}""", "msg")]
    [InlineData("result missing", 200, """{"code": "OK", "msg": ""}""", "no result")]
    [InlineData("not JSON", 200, "OK", "no code")]
    [InlineData("cut short", 200, """{"code": "OK", "msg": "" """, "no code")]
    [InlineData("a name twice", 200, """{"code": "OK", "code": "OK", "msg": ""}""", "no code")]
    public void A_wrong_envelope_fails(string what, int status, string text, string message) =>
        Judge(Expectation, status, text).Should().Contain(message, what);

    [Theory]
    [InlineData("\"id\": \"7\"", "\"id\": \"8\"", "result.id")]
    [InlineData("\"id\": \"7\"", "\"id\": 7", "result.id")]
    [InlineData("\"id\": \"7\"", "\"id\": null", "result.id")]
    [InlineData("\"port\": 9050", "\"port\": \"9050\"", "result.port")]
    [InlineData("\"port\": 9050", "\"port\": 9050.0", "result.port")]
    [InlineData("\"port\": 9050", "\"port\": 9051", "result.port")]
    [InlineData("\"ok\": true", "\"ok\": false", "result.ok")]
    [InlineData("\"ok\": true", "\"ok\": 1", "result.ok")]
    [InlineData("\"ok\": true", "\"ok\": \"true\"", "result.ok")]
    [InlineData("\"ok\": true, ", "", "result.ok: missing")]
    [InlineData("\"ok\": true", "\"ok\": true, \"more\": 1", "unexpected field(s) more")]
    [InlineData("{\"ip\": \"a\"}, ", "", "result.nodes: expected 2")]
    [InlineData("{\"ip\": \"b\"}", "{\"ip\": \"b\"}, {}", "result.nodes: expected 2")]
    [InlineData("{\"ip\": \"a\"}", "{\"ip\": \"a\", \"host\": \"\"}", "unexpected field(s) host")]
    [InlineData("{\"ip\": \"b\"}", "{\"ip\": \"\"}", "result.nodes[1].ip")]
    [InlineData("{\"ip\": \"b\"}", "[]", "result.nodes[1]")]
    public void A_wrong_result_fails(string from, string to, string message)
    {
        var doctored = Good.Replace(from, to, StringComparison.Ordinal);
        doctored.Should().NotBe(Good);
        Judge(Expectation, 200, doctored).Should().Contain(message);
    }

    [Theory]
    [InlineData("$time", "\"1700000000\"", true)]
    [InlineData("$time", "1700000000", false)]
    [InlineData("$time", "\"1700000000000\"", false)]
    [InlineData("$time", "\"12\"", false)]
    [InlineData("$time", "\"\"", false)]
    [InlineData("$int", "-5", true)]
    [InlineData("$int", "\"-5\"", true)]
    [InlineData("$int", "5.5", false)]
    [InlineData("$int", "true", false)]
    [InlineData("$int", "\"five\"", false)]
    [InlineData("$nonempty", "\"x\"", true)]
    [InlineData("$nonempty", "\"\"", false)]
    [InlineData("$nonempty", "1", false)]
    [InlineData("$any", "null", true)]
    [InlineData("$any", "[]", true)]
    public void A_pattern_matches_what_it_says(string pattern, string value, bool matches)
    {
        var wrong = Judge($$"""{"result": {"x": "{{pattern}}"} }""", 200, $$"""{"result": {"x": {{value}} } }""");
        (wrong is null).Should().Be(matches, wrong);
    }

    [Fact]
    public void Any_does_not_match_what_is_missing() =>
        Judge("""{"result": {"x": "$any"}}""", 200, """{"result": {}}""").Should().Contain("missing");

    [Theory]
    [InlineData("""{"msg_has": "no such"}""", "msg lacks")]
    [InlineData("""{"text": "other"}""", "the text is not")]
    [InlineData("""{"text_has": ["code", "no such"]}""", "text lacks 'no such'")]
    [InlineData("""{"absent": ["no such", "nodes"]}""", "text holds 'nodes'")]
    public void A_text_that_is_not_as_it_should_be_fails(string expectation, string message) =>
        Judge(expectation, 200, Good).Should().Contain(message);

    [Fact]
    public void An_expectation_of_unknown_name_is_an_error()
    {
        var judge = () => Judge("""{"status": 200}""", 200, Good);
        judge.Should().Throw<InvalidDataException>();
    }

    [Fact]
    public void A_reply_of_an_RPC_may_print_int64_either_way()
    {
        JudgeRpc("""{"id": 7}""", """{"id": "7"}""").Should().BeNull();
        JudgeRpc("""{"id": 7}""", """{"id": 7}""").Should().BeNull();
        JudgeRpc("""{"id": 7}""", """{"id": "8"}""").Should().Contain("reply.id");
        JudgeRpc("""{"id": "7"}""", """{"id": 7}""").Should().Contain("reply.id");
        JudgeRpc("""{"id": 7}""", """{"id": 7, "more": 1}""").Should().Contain("unexpected");
    }

    [Fact]
    public async Task Steps_run_in_order_with_what_was_saved_and_stop_at_the_first_fault()
    {
        await using var stub = await StubServer.StartAsync(
            request => (200, $$"""{"result": {"seen": "{{request.Query["q"]}}"} }"""));
        var runner = new CaseRunner(stub.Http, "t");

        var passing = """
            {"steps": [
              {"path": "a", "query": {"q": "one-{{id}}"}, "save": {"first": "result.seen"}},
              {"path": "b", "query": {"q": "{{first}}"}, "expect": {"result": {"seen": "one-{{id}}"}}},
              {"path": "c", "query": {"q": "x42y"}, "save": {"number": "re:x(\\d+)y"}},
              {"path": "d", "query": {"q": "{{number}}"}, "expect": {"result": {"seen": "42"}}}]}
            """;
        (await runner.RunAsync(Parse(passing))).Should().BeNull();

        var failing = passing.Replace("one-{{id}}\"}}}", "two-{{id}}\"}}}", StringComparison.Ordinal);
        failing.Should().NotBe(passing);
        stub.Requests.Clear();
        (await runner.RunAsync(Parse(failing))).Should().StartWith("step 2 PUT b");
        stub.Requests.Should().HaveCount(2);

        (await runner.RunAsync(Parse("""{"steps": [{"path": "a", "save": {"x": "result.nothing.there"}}]}""")))
            .Should().Contain("nothing at");
        (await runner.RunAsync(Parse("""{"steps": []}"""))).Should().NotBeNull();
    }

    [Fact]
    public async Task Requests_are_sent_as_the_step_says()
    {
        await using var stub = await StubServer.StartAsync(_ => (200, "{}"));
        var runner = new CaseRunner(stub.Http, "the token");
        await runner.RunAsync(Parse("""
            {"steps": [
              {"path": "v1/a", "body": {"x": "é"}},
              {"path": "a", "method": "POST", "raw": "{,}", "content_type": "application/json", "query": {"token": "other"}},
              {"path": "a", "query": {"token": null}, "headers": {"X-Note": "n"}},
              {"path": "/rest/v2/x", "method": "GET", "auth": "root:pw"}]}
            """));

        stub.Requests.Select(r => r.Line).Should().Equal(
            "PUT /MetaService/http/v1/a?token=the%20token",
            "POST /MetaService/http/a?token=other",
            "PUT /MetaService/http/a",
            "GET /rest/v2/x");
        stub.Requests.Select(r => r.Body).Should().Equal("""{"x":"\u00E9"}""", "{,}", "", "");
        stub.Requests.Select(r => r.Headers.ContentType.FirstOrDefault())
            .Should().Equal("text/plain", "application/json", null, null);
        stub.Requests[2].Headers["X-Note"].Should().ContainSingle("n");
        stub.Requests[3].Headers.Authorization.Should().ContainSingle("Basic cm9vdDpwdw==");
    }

    private static string? Judge(string expectation, int status, string text) =>
        ReplyExpectation.Judge(new JsonObject { ["expect"] = JsonNode.Parse(expectation) }, status, text);

    private static string? JudgeRpc(string expectation, string text) =>
        ReplyExpectation.Judge(new JsonObject { ["expect_rpc"] = JsonNode.Parse(expectation) }, 200, text);

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
