using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MetaService.TestKit.Support;

/// <summary>A reply with its body read.</summary>
public sealed record ApiReply(int Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The body as a JSON object; fails when it is none.</summary>
    public JsonObject Json => JsonNode.Parse(Text, null, Strict)?.AsObject() ?? throw new JsonException("the reply is null");

    public string? Code => (string?)Json["code"];

    public string? Msg => (string?)Json["msg"];

    public JsonObject Result => Json["result"]?.AsObject() ?? throw new JsonException($"the reply has no result: {Text}");

    public static async Task<ApiReply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            return new ApiReply((int)response.StatusCode, text, response.Headers, response.Content.Headers);
        }
    }

    /// <summary>Asserts the envelope of a success and returns the reply.</summary>
    public ApiReply ShouldBeOk()
    {
        Status.Should().Be(200, Text);
        Code.Should().Be("OK", Text);
        Msg.Should().BeEmpty(Text);
        return this;
    }

    /// <summary>Asserts the envelope of a failure whose message holds <paramref name="messagePart"/>.</summary>
    public ApiReply ShouldFail(int status, string code, string messagePart = "")
    {
        Status.Should().Be(status, Text);
        Code.Should().Be(code, Text);
        Msg.Should().NotBeNullOrEmpty(Text);
        Msg!.Contains(messagePart, StringComparison.Ordinal).Should().BeTrue($"the message should hold '{messagePart}': {Text}");
        Json.ContainsKey("result").Should().BeFalse(Text);
        return this;
    }
}
