using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace MetaService.TestKit.Support;

/// <summary>What a stub was sent.</summary>
/// <param name="Line">Method, path and query as they came.</param>
public sealed record StubRequest(string Line, IQueryCollection Query, IHeaderDictionary Headers, string Body);

/// <summary>An HTTP server on a free loopback port that answers what a test tells it to and keeps what it was sent.</summary>
public sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public List<StubRequest> Requests { get; } = [];

    /// <param name="answer">Status and body for a request.</param>
    public static async Task<StubServer> StartAsync(Func<StubRequest, (int Status, string Body)> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        StubServer? stub = null;
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var request = new StubRequest(
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
                context.Request.Query,
                new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value)),
                await reader.ReadToEndAsync());
            stub!.Requests.Add(request);
            var (status, body) = answer(request);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body);
        });
        await app.StartAsync();
        stub = new StubServer(app);
        return stub;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
