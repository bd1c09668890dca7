using System.Text;
using System.Text.Json.Nodes;

namespace MetaService.TestKit.Support;

/// <summary>Calls the endpoints below <c>/MetaService/http/</c> with a token.</summary>
public sealed class ApiClient(HttpClient http, string token)
{
    public const string Root = "/MetaService/http/";

    public HttpClient Http { get; } = http;

    /// <summary>Sends a JSON object with PUT.</summary>
    public Task<ApiReply> PutAsync(string name, JsonObject body) => PutAsync(name, body.ToJsonString());

    /// <summary>Sends a text with PUT.</summary>
    public Task<ApiReply> PutAsync(string name, string body) => SendAsync(HttpMethod.Put, PathOf(name), new StringContent(body));

    public Task<ApiReply> GetAsync(string name, params (string Name, string Value)[] query) =>
        SendAsync(HttpMethod.Get, PathOf(name, query));

    /// <summary>Sends any request; the path is sent as it is given.</summary>
    public async Task<ApiReply> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, RawUri(path)) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await ApiReply.ReadAsync(await Http.SendAsync(request));
    }

    /// <summary>Path and query of an endpoint, the token included.</summary>
    public string PathOf(string name, params (string Name, string Value)[] query)
    {
        var path = new StringBuilder(Root).Append(name).Append("?token=").Append(Uri.EscapeDataString(token));
        foreach (var (key, value) in query)
        {
            path.Append('&').Append(Uri.EscapeDataString(key)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return path.ToString();
    }

    /// <summary>An address whose path and query go onto the wire as they are, dots, slashes and percent signs included.</summary>
    private Uri RawUri(string path) => new(
        Http.BaseAddress!.GetLeftPart(UriPartial.Authority) + path,
        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
